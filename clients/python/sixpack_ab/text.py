"""What visitors send is bytes: text is made of it, whatever they are, so that an ornament never costs a call."""

from __future__ import annotations

import re
from typing import Optional

_SURROGATE = re.compile("[\\ud800-\\udfff]")
_ORNAMENT_LENGTH_MAX = 512
"""Longest address or user agent that is forwarded, in characters: the server takes URLs of 16 KiB."""


def scrubbed(text: str) -> str:
    """Valid Unicode: what was no UTF-8 (surrogates, as Python hands it over) becomes U+FFFD."""
    return _SURROGATE.sub("\ufffd", text)


def ornament(text: Optional[str]) -> Optional[str]:
    """A user agent or an address as it can be sent; ``None`` for none."""
    return scrubbed(text).replace("\0", "")[:_ORNAMENT_LENGTH_MAX] or None if text else None


def from_latin1(text: str) -> str:
    """The text that WSGI hands over as bytes in ISO 8859-1."""
    try:
        return text.encode("latin-1").decode("utf-8", "replace")
    except UnicodeEncodeError:
        return text  # A server or test that hands over text.
