"""Middleware for every ASGI application: ``scope["state"]["sixpack"]`` is the session of the request, which Starlette
and FastAPI call ``request.state.sixpack``.

>>> app.add_middleware(SixpackMiddleware, base_url="http://localhost:5000")
"""

from __future__ import annotations

from typing import Any, Awaitable, Callable, Dict, Mapping

from .async_session import AsyncSession

KEY = "sixpack"

Scope = Dict[str, Any]
Send = Callable[[Dict[str, Any]], Awaitable[None]]


class SixpackMiddleware:
    """Sets the cookie of a new client when the session was used before the response began.

    :param per_request: settings that depend on the request: who is logged in, what was consented to, the real address
    :param options: settings of ``AsyncSession``
    """

    def __init__(
        self,
        app: Callable[..., Awaitable[None]],
        base_url: str,
        per_request: Callable[[Scope], Mapping[str, Any]] = lambda scope: {},
        **options: Any,
    ) -> None:
        AsyncSession(base_url, **options)  # A mistake in the settings shows at the start.
        self._app = app
        self._base_url = base_url
        self._per_request = per_request
        self._options = options

    async def __call__(self, scope: Scope, receive: Callable[..., Any], send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        options = {**self._options, **self._per_request(scope)}
        session = AsyncSession.from_asgi(self._base_url, scope, **options)
        # A state of its own: servers hand the same one to every request of a lifespan.
        state = {**scope.get("state", {}), KEY: session}

        async def start(message: Dict[str, Any]) -> None:
            if message["type"] in ("http.response.start", "websocket.accept") and session.cookie_to_set:
                cookie = (b"set-cookie", session.cookie_to_set.encode("ascii"))
                message = {**message, "headers": [*message.get("headers", []), cookie]}
            await send(message)

        await self._app({**scope, "state": state}, receive, start)
