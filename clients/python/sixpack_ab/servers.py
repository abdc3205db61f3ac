"""What this process knows of a server: that it was silent just now, and that it takes no batches."""

from __future__ import annotations

import time
from typing import Dict

SILENCE_S = 2.0
"""How long nobody waits for a server that was silent, in seconds: a page with five experiments waits once."""


class Server:
    """Known by base URL, of which a program has few."""

    def __init__(self) -> None:
        self.takes_batches = True
        self._answered_at = 0.0
        self._silent_until = 0.0

    @property
    def is_silent(self) -> bool:
        return time.monotonic() < self._silent_until

    def answered(self) -> None:
        self._answered_at = time.monotonic()
        self._silent_until = 0.0

    def was_silent(self, since: float) -> None:
        """A call that began at ``since`` got no answer. Where others did meanwhile, it was a slow one among them."""
        if self._answered_at <= since:
            self._silent_until = time.monotonic() + SILENCE_S


_servers: Dict[str, Server] = {}


def server_at(base_url: str) -> Server:
    return _servers.setdefault(base_url, Server())
