"""Middleware for every ASGI application: ``scope["state"]["sixpack"]`` is the session of the request, which Starlette
and FastAPI call ``request.state.sixpack``.

>>> app.add_middleware(SixpackMiddleware, base_url="http://localhost:5000")
"""

from __future__ import annotations

from typing import Any, Awaitable, Callable, Dict

from .async_session import AsyncSession
from .middleware import KEY, Middleware

Send = Callable[[Dict[str, Any]], Awaitable[None]]


class SixpackMiddleware(Middleware[AsyncSession]):
    kind = AsyncSession

    async def __call__(self, scope: Dict[str, Any], receive: Callable[..., Any], send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        session = self._session_of(AsyncSession.from_asgi, scope)
        # A state of its own: servers hand the same one to every request of a lifespan.
        state = {**scope.get("state", {}), KEY: session}

        async def start(message: Dict[str, Any]) -> None:
            if message["type"] in ("http.response.start", "websocket.accept") and session.cookie_to_set:
                cookie = (b"set-cookie", session.cookie_to_set.encode("ascii"))
                message = {**message, "headers": [*message.get("headers", []), cookie]}
            await send(message)

        await self._app({**scope, "state": state}, receive, start)
