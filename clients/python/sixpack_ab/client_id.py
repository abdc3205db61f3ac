"""Who the client is: the cookie that every language shares, or a new UUID."""

from __future__ import annotations

import re
import uuid
from typing import Optional
from urllib.parse import quote, unquote_to_bytes

from .names import is_client_id

COOKIE = "sixpack_client_id"
_PAIR = re.compile(rf"(?:^|; *){COOKIE}=([^;]*)")
COOKIE_AGE_S = 34_560_000
_DOMAIN = re.compile(r"[A-Za-z0-9.-]+")


def new_client_id() -> str:
    return str(uuid.uuid4())


def client_id_from_cookie(header: str) -> Optional[str]:
    """The client id in a ``Cookie`` header, ``None`` where there is none."""
    found = _PAIR.search(header)
    if not found:
        return None
    text = found.group(1)
    if not re.search(r"%(?![0-9A-Fa-f]{2})", text):
        try:
            text = unquote_to_bytes(text).decode("utf-8")
        except UnicodeError:
            pass  # What can't be decoded is taken as it stands.
    return text if is_client_id(text) else None


def check_domain(domain: Optional[str]) -> None:
    if domain is not None and not _DOMAIN.fullmatch(domain):
        raise ValueError(f"Expected a cookie domain like example.com, got {domain!r}")


def cookie_value(client_id: str) -> str:
    return quote(client_id, safe="")


def cookie_for(client_id: str, domain: Optional[str]) -> str:
    at = f"; Domain={domain}" if domain else ""
    return f"{COOKIE}={cookie_value(client_id)}; Path=/; Max-Age={COOKIE_AGE_S}; SameSite=Lax{at}"
