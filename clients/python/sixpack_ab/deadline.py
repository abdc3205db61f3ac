"""One deadline around everything that a call does."""

from __future__ import annotations

import time


class TooLate(TimeoutError):
    """No complete answer in time."""


class Deadline:
    """A time on the monotonic clock, made of the seconds that are left."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.began_at = time.monotonic()

    @property
    def left(self) -> float:
        """Seconds, more than none.

        :raises TooLate: when none are left
        """
        seconds = self.began_at + self.seconds - time.monotonic()
        if seconds <= 0:
            raise TooLate(f"Expected an answer in {self.seconds} s")
        return seconds

    def share(self, others: int) -> float:
        """What one of several attempts may take, so that those after it get their turn."""
        return self.left / min(others + 1, 3)
