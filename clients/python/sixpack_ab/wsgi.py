"""Middleware for every WSGI application: ``environ["sixpack"]`` is the session of the request.

>>> application = SixpackMiddleware(application, "http://localhost:5000")
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterable, Mapping

from .session import Session

KEY = "sixpack"

Environ = Dict[str, Any]


class SixpackMiddleware:
    """Sets the cookie of a new client when the session was used before the response began.

    :param per_request: settings that depend on the request: who is logged in, what was consented to, the real address
    :param options: settings of ``Session``
    """

    def __init__(
        self,
        app: Callable[..., Iterable[bytes]],
        base_url: str,
        per_request: Callable[[Environ], Mapping[str, Any]] = lambda environ: {},
        **options: Any,
    ) -> None:
        Session(base_url, **options)  # A mistake in the settings shows at the start.
        self._app = app
        self._base_url = base_url
        self._per_request = per_request
        self._options = options

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        options = {**self._options, **self._per_request(environ)}
        session = environ[KEY] = Session.from_wsgi(self._base_url, environ, **options)

        def start(status: str, headers: Any, *error: Any) -> Any:
            cookie = session.cookie_to_set
            return start_response(status, [*headers, ("Set-Cookie", cookie)] if cookie else headers, *error)

        return self._app(environ, start)
