"""FastAPI's dependency, beside ``sixpack_ab.asgi.SixpackMiddleware``, which makes the session.

>>> @app.get("/")
... async def home(sixpack: AsyncSession = Depends(sixpack_session)): ...
"""

from __future__ import annotations

from starlette.requests import HTTPConnection

from .asgi import SixpackMiddleware
from .middleware import KEY
from .async_session import AsyncSession

__all__ = ["SixpackMiddleware", "sixpack_session"]


def sixpack_session(connection: HTTPConnection) -> AsyncSession:
    """The session of the request at hand."""
    session: AsyncSession = getattr(connection.state, KEY)
    return session
