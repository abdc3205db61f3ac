"""Flask's extension: ``g.sixpack`` is the session of the request. ``SIXPACK_URL`` and ``SIXPACK_OPTIONS`` configure it.

>>> app.config["SIXPACK_URL"] = "http://localhost:5000"
>>> Sixpack(app)
"""

from __future__ import annotations

from functools import partial
from typing import Any, Callable, Mapping, Optional

from flask import Flask, Response, current_app, g, request

from .middleware import session_of
from .session import Session


class Sixpack:
    """
    :param per_request: settings that depend on the request: who is logged in, what was consented to, the real address
    """

    def __init__(
        self, app: Optional[Flask] = None, per_request: Callable[[], Mapping[str, Any]] = lambda: {}
    ) -> None:
        self._per_request = per_request
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        app.config.setdefault("SIXPACK_OPTIONS", {})
        Session(app.config["SIXPACK_URL"], **app.config["SIXPACK_OPTIONS"])  # A mistake shows at the start.
        app.before_request(self._begin)
        app.after_request(self._end)

    def _begin(self) -> None:
        config = current_app.config
        make = partial(Session.from_wsgi, config["SIXPACK_URL"], request.environ)
        g.sixpack = session_of(make, config["SIXPACK_OPTIONS"], self._per_request())

    def _end(self, response: Response) -> Response:
        cookie = g.sixpack.cookie_to_set if "sixpack" in g else None
        if cookie:
            response.headers.add("Set-Cookie", cookie)
        return response
