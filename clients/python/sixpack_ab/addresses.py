"""Host names to addresses, within a deadline: ``getaddrinfo`` knows none, so threads wait for it, one per name."""

from __future__ import annotations

import os
import socket
import threading
import time
from concurrent.futures import Future
from typing import Any, Dict, List, NamedTuple, Tuple

ADDRESSES_AGE_S_MAX = 30.0
"""How long addresses are used before the name is looked up again, in seconds."""


class Address(NamedTuple):
    family: int
    sockaddr: Tuple[Any, ...]


_Key = Tuple[int, str, int]

_known: Dict[_Key, Tuple[List[Address], float]] = {}
_running: Dict[_Key, "Future[List[Address]]"] = {}


def numeric(host: str, port: int) -> List[Address]:
    """The addresses that ``host`` spells out, none for a name."""
    try:
        return _look_up(host, port, socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return []


def fresh(host: str, port: int) -> List[Address]:
    """What a look-up has found lately."""
    addresses, at = _known.get(_key(host, port), ([], 0.0))
    return addresses if time.monotonic() - at < ADDRESSES_AGE_S_MAX else []


def last(host: str, port: int) -> List[Address]:
    """What the last look-up found, however long ago: better than none where the resolver is silent."""
    return _known.get(_key(host, port), ([], 0.0))[0]


def lookup(host: str, port: int) -> "Future[List[Address]]":
    """A look-up of the name, the one under way where there is one. Fails with ``OSError``."""
    key = _key(host, port)
    mine: "Future[List[Address]]" = Future()
    # Nobody who stops waiting can take it from the others.
    mine.set_running_or_notify_cancel()
    future = _running.setdefault(key, mine)
    if future is mine:
        try:
            threading.Thread(target=_work, args=(key, mine), name="sixpack-lookup", daemon=True).start()
        except RuntimeError:
            _work(key, mine)  # The interpreter is ending, or out of threads.
    return future


def prefer(host: str, port: int, address: Address) -> None:
    """An address that accepted is the first to be tried the next time."""
    known = _known.get(_key(host, port))
    if known is not None and known[0][0] != address:
        others = [other for other in known[0] if other != address]
        _known[_key(host, port)] = ([address, *others], known[1])


def _work(key: _Key, future: "Future[List[Address]]") -> None:
    _, host, port = key
    try:
        addresses = _look_up(host, port, 0)
    except (OSError, UnicodeError) as cause:
        _running.pop(key, None)
        future.set_exception(cause if isinstance(cause, OSError) else OSError(f"no host name: {cause}"))
        return
    preferred = last(host, port)[:1]
    addresses.sort(key=lambda address: address not in preferred)
    _known[key] = (addresses, time.monotonic())
    _running.pop(key, None)
    future.set_result(addresses)


def _look_up(host: str, port: int, flags: int) -> List[Address]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    return [Address(family, sockaddr) for family, _, _, _, sockaddr in found]


def _key(host: str, port: int) -> _Key:
    # A thread that waits does not come along when the process forks.
    return (os.getpid(), host, port)
