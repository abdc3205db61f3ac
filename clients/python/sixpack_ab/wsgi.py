"""Middleware for every WSGI application: ``environ["sixpack"]`` is the session of the request.

>>> application = SixpackMiddleware(application, "http://localhost:5000")
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterable

from .middleware import KEY, Middleware
from .session import Session


class SixpackMiddleware(Middleware[Session]):
    kind = Session

    def __call__(self, environ: Dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        session = environ[KEY] = self._session_of(Session.from_wsgi, environ)

        def start(status: str, headers: Any, *error: Any) -> Any:
            cookie = session.cookie_to_set
            return start_response(status, [*headers, ("Set-Cookie", cookie)] if cookie else headers, *error)

        return self._app(environ, start)  # type: ignore[no-any-return]
