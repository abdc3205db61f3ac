"""What the middlewares have in common: settings for all requests, and those that depend on one."""

from __future__ import annotations

from functools import partial
from typing import Any, Callable, Dict, Generic, Mapping, Type, TypeVar

from .failure import log
from .visitor import Visitor

KEY = "sixpack"
"""Under which the session is found."""

_V = TypeVar("_V", bound=Visitor)


def session_of(make: Callable[..., _V], options: Mapping[str, Any], asked: Mapping[str, Any]) -> _V:
    """The session of a request. Settings of it that break the rules cost neither its page, nor a consent: no cookie is set.

    :param make: of settings, by name
    :param options: those of all requests
    :param asked: those of this one
    """
    try:
        return make(**{**options, **asked})
    except ValueError as mistake:
        log.warning("the settings of a request are not valid, so it has none of its own: %s", mistake)
        return make(**{**options, "client_id": make(**options).client_id, "storage": "none"})


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

    def _session_of(self, make: Callable[..., _V], request: Dict[str, Any]) -> _V:
        return session_of(partial(make, self._base_url, request), self._options, self._per_request(request))
