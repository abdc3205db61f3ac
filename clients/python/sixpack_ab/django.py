"""Django's middleware: ``request.sixpack`` is the session of the request, an ``AsyncSession`` under ASGI.

>>> MIDDLEWARE = [..., "sixpack_ab.django.SixpackMiddleware"]
>>> SIXPACK = {"base_url": "http://localhost:5000"}  # and settings of Session, and per_request: a function of the request
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any, Callable

from django.conf import settings
from django.utils.decorators import sync_and_async_middleware

from .async_session import AsyncSession
from .client_id import COOKIE, COOKIE_AGE_S, cookie_value
from .middleware import session_of
from .session import Session


@sync_and_async_middleware
def SixpackMiddleware(get_response: Callable[..., Any]) -> Callable[..., Any]:  # noqa: N802 - named as Django names them
    configured = dict(settings.SIXPACK)
    per_request = configured.pop("per_request", lambda request: {})
    base_url = configured.pop("base_url")
    Session(base_url, **configured)  # A mistake in the settings shows at the start.

    def session(make: Callable[..., Any], request: Any) -> Any:
        return session_of(partial(make, base_url, request.META), configured, per_request(request))

    def finish(request: Any, response: Any) -> Any:
        session = request.sixpack
        if session.cookie_to_set:
            value, domain = cookie_value(session.client_id), session.cookie_domain
            response.set_cookie(COOKIE, value, max_age=COOKIE_AGE_S, domain=domain, samesite="Lax")
        return response

    async def answer_async(request: Any) -> Any:
        request.sixpack = session(AsyncSession.from_wsgi, request)
        return finish(request, await get_response(request))

    def answer(request: Any) -> Any:
        request.sixpack = session(Session.from_wsgi, request)
        return finish(request, get_response(request))

    return answer_async if asyncio.iscoroutinefunction(get_response) else answer
