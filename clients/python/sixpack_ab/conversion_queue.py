"""A queue for conversions: they wait in memory until the server has them, so that an outage loses none and makes no
visitor wait. Each keeps its id however often it is sent, so the server counts it once.

>>> queue = ConversionQueue()
>>> queue.convert(session, "button", kpi="purchase", value=19.99)
"""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections import deque
from decimal import Decimal
from typing import Deque, NamedTuple, Optional, Union

from .calls import Call
from .conversation import Conversation
from .failure import Failure, is_final
from .session import deliver

CONVERSIONS_MAX = 10_000
"""Most conversions that wait; the oldest goes first."""
CONVERSION_AGE_S_MAX = 24 * 3600.0
"""Longest time that a conversion waits, in seconds."""
RETRY_S_MIN = 1.0
"""First pause before the server is tried again, in seconds; each further one is twice as long."""
RETRY_S_MAX = 60.0


class _Waiting(NamedTuple):
    session: Conversation
    call: Call
    since: float


class ConversionQueue:
    """One for a process: it takes the conversions of any session, and sends them from a thread of its own.

    Whatever is given to it is sent, or reported to the ``on_failure`` of its session, from that thread. A process that
    ends in the usual way waits for it, at most ``exit_timeout`` seconds.
    """

    def __init__(self, *, exit_timeout: float = 5.0) -> None:
        self._exit_timeout = exit_timeout
        self._begin()
        # What waits was given to the parent, whose thread sends it. Its lock may be held by a thread that isn't here.
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._begin)
        atexit.register(self.close)

    def _begin(self) -> None:
        self._changed = threading.Condition()
        self._waiting: Deque[_Waiting] = deque()
        self._works: bool = False
        self._due_at = 0.0
        self._pause = RETRY_S_MIN

    def convert(
        self,
        session: Conversation,
        experiment: Optional[str],
        kpi: Optional[str] = None,
        value: Union[float, Decimal, None] = None,
    ) -> None:
        """Takes a conversion, as ``Session.convert`` does; the queue sends it.

        :raises ValueError: for arguments that break the rules
        """
        call = session._conversion(experiment, kpi, value)
        if call is None:
            return
        lost = None
        with self._changed:
            if len(self._waiting) >= CONVERSIONS_MAX:
                lost = self._waiting.popleft()
            self._waiting.append(_Waiting(session, call, time.monotonic()))
            self._works = self._works or self._start()
            self._changed.notify_all()
        if lost:
            _drop(lost, f"Expected at most {CONVERSIONS_MAX} conversions to wait")

    def __len__(self) -> int:
        """Conversions that wait, the one being sent among them."""
        return len(self._waiting)

    def flush(self, timeout: Optional[float] = None) -> bool:
        """Sends at once what waits, and returns whether nothing waits any more. Returns after ``timeout`` seconds at the latest."""
        with self._changed:
            self._due_at = 0.0
            self._changed.notify_all()
            return self._changed.wait_for(lambda: not self._waiting, timeout)

    def close(self) -> None:
        """The same at the end of the process, with ``exit_timeout``; what is left then is reported."""
        self.flush(self._exit_timeout)
        with self._changed:
            left = list(self._waiting)
            self._waiting.clear()
        for waiting in left:
            _drop(waiting, "Expected the server before the process ended")

    def _start(self) -> bool:
        try:
            threading.Thread(target=self._work, name="sixpack-conversions", daemon=True).start()
        except RuntimeError:
            return False  # Out of threads: the next conversion tries again.
        return True

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._waiting or time.monotonic() < self._due_at:
                    self._changed.wait(self._due_at - time.monotonic() if self._waiting else None)
                waiting = self._waiting[0]
            self._try(waiting)

    def _try(self, waiting: _Waiting) -> None:
        """Sends one, and puts it at the end where the server is away: others may be luckier."""
        try:
            failure = deliver(waiting.session, waiting.call)
        except Exception as cause:  # noqa: BLE001 - the thread is for all of them
            failure = Failure("unreachable", "convert", waiting.call.experiment, repr(cause))
        is_old = time.monotonic() - waiting.since > CONVERSION_AGE_S_MAX
        comes_back = failure is not None and not is_old and _is_temporary(failure)
        with self._changed:
            if not self._waiting or self._waiting[0] is not waiting:
                return  # It was pushed out, or dropped at the end, and reported then.
            self._waiting.popleft()
            if comes_back:
                self._waiting.append(waiting)
                self._due_at = time.monotonic() + self._pause
                self._pause = min(self._pause * 2, RETRY_S_MAX)
            else:
                self._pause = RETRY_S_MIN
            self._changed.notify_all()
        if failure is not None and not comes_back:
            waiting.session._report(failure)


def _is_temporary(failure: Failure) -> bool:
    return not is_final(failure) or failure.status in (408, 425, 429)


def _drop(waiting: _Waiting, message: str) -> None:
    waiting.session._report(Failure("unreachable", "convert", waiting.call.experiment, message))
