"""What the middlewares of WSGI and ASGI have in common: settings for all requests, and those that depend on one."""

from __future__ import annotations

from typing import Any, Callable, Dict, Generic, Mapping, Type, TypeVar

from .visitor import Visitor

KEY = "sixpack"
"""Under which the session is found."""

_V = TypeVar("_V", bound=Visitor)


class Middleware(Generic[_V]):
    """Sets the cookie of a new client when the session was used before the response began.

    :param per_request: settings that depend on the request: who is logged in, what was consented to, the real address
    :param options: settings of the session
    """

    kind: Type[_V]

    def __init__(
        self,
        app: Callable[..., Any],
        base_url: str,
        per_request: Callable[[Dict[str, Any]], Mapping[str, Any]] = lambda request: {},
        **options: Any,
    ) -> None:
        self.kind(base_url, **options)  # A mistake in the settings shows at the start.
        self._app = app
        self._base_url = base_url
        self._per_request = per_request
        self._options = options

    def _options_of(self, request: Dict[str, Any]) -> Dict[str, Any]:
        return {**self._options, **self._per_request(request)}
