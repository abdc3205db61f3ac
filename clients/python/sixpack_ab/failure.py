"""What can go wrong with a call. docs/client-spec.md says when each code is used."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Dict, Optional, Tuple

CODES = ("timeout", "unreachable", "redirect", "rejected", "server-error", "bad-answer")

log = logging.getLogger("sixpack_ab")

LOG_PAUSE_S = 60
"""How often the log hears of one kind of failure: of an outage, not of each of its calls."""

_logged: Dict[Tuple[str, str, str], float] = {}
"""When the log last heard of a call and a code at a base URL."""


@dataclass(frozen=True)
class Failure:
    """A call that did not succeed; what the hook is given."""

    code: str
    """One of CODES."""
    call: str
    """``participate``, ``convert`` or ``link``."""
    experiment: Optional[str]
    """``None`` for a conversion or a link in every experiment."""
    message: str
    """For people: what was expected and what came, or the server's own words."""
    status: Optional[int] = None
    """HTTP status, where there was an answer."""


def is_final(failure: Failure) -> bool:
    """Whether sending the same again at once can't help."""
    return failure.code in ("rejected", "redirect")


def log_failure(base_url: str, failure: Failure) -> None:
    """What becomes of failures where nobody gave a hook: a warning to the logger ``sixpack_ab``, once a minute for each kind."""
    kind, now = (base_url, failure.call, failure.code), time.monotonic()
    if now - _logged.get(kind, -LOG_PAUSE_S) < LOG_PAUSE_S:
        return
    _logged[kind] = now
    # What a server of another kind says has to be asked of its address.
    is_elsewhere = failure.status == 404 or failure.code not in ("rejected", "server-error")
    log.warning(
        "sixpack: %s of %s at %s: %s, %s%s",
        failure.call,
        failure.experiment or "every experiment",
        base_url,
        failure.code,
        failure.message,
        ". Does Sixpack's API answer there?" if is_elsewhere else "",
    )
