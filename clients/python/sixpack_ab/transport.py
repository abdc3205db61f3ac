"""One HTTP request within one deadline, over connections that are kept alive and shared by all sessions."""

from __future__ import annotations

import os
import selectors
import socket
import ssl
import threading
from concurrent.futures import TimeoutError as LookupTimeout
from functools import lru_cache
from typing import Dict, List, Optional, Tuple
from urllib.parse import SplitResult

from . import addresses
from .addresses import Address
from .deadline import Deadline, TooLate
from .http1 import Answer

CONNECTIONS_KEPT_MAX = 8
"""Idle connections kept per process and server."""

_READ_BYTES = 65_536

_Key = Tuple[str, str]


def send(base: SplitResult, request: bytes, deadline: Deadline) -> Tuple[int, bytes]:
    """Status and body of the answer.

    :raises TimeoutError: when the answer isn't complete in time
    :raises OSError: when there is no connection, or it ends before an answer begins
    :raises BrokenAnswer: when what comes is no complete answer
    """
    pool = _pool()
    key = (base.scheme, base.netloc)
    kept = pool.take(key)
    if kept is not None:
        try:
            return _exchange(pool, key, kept, request, deadline)
        except (ConnectionError, ssl.SSLError):
            pass  # Closed while it was idle, or under the request: that is no failure, a new one will do.
    return _exchange(pool, key, _connect(base, deadline), request, deadline)


def forget(base: SplitResult) -> None:
    """Closes what is kept: a connection that gave somebody else's answer is out of step."""
    _pool().drop((base.scheme, base.netloc))


def port_of(base: SplitResult) -> int:
    return base.port or (443 if base.scheme == "https" else 80)


@lru_cache(maxsize=1)
def tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _exchange(pool: "_Pool", key: _Key, sock: socket.socket, request: bytes, deadline: Deadline) -> Tuple[int, bytes]:
    answer = Answer()
    keeps = False
    try:
        sock.settimeout(deadline.left)
        sock.sendall(request)
        while not answer.is_whole:
            sock.settimeout(deadline.left)
            data = _receive(sock, answer)
            if data:
                answer.feed(data)
            elif not answer.is_whole:
                answer.end()
        keeps = answer.keeps_alive
    except socket.timeout as cause:
        raise TooLate(f"Expected an answer in {deadline.seconds} s") from cause
    finally:
        if keeps:
            pool.keep(key, sock)
        else:
            sock.close()
    return answer.status, answer.body


def _receive(sock: socket.socket, answer: Answer) -> bytes:
    try:
        return sock.recv(_READ_BYTES)
    except (ConnectionError, ssl.SSLEOFError):
        answer.end()  # An end without notice is one of those that `end` tells apart.
        return b""


def _connect(base: SplitResult, deadline: Deadline) -> socket.socket:
    host, port = base.hostname or "", port_of(base)
    found = addresses_of(host, port, deadline)
    cause: OSError = OSError(f"no address of {host}")
    for index, address in enumerate(found):
        try:
            sock = socket.socket(address.family, socket.SOCK_STREAM)
        except OSError as refusal:
            cause = refusal  # IPv6, where the system has none.
            continue
        try:
            sock.settimeout(deadline.share(len(found) - index - 1))
            sock.connect(address.sockaddr)
        except OSError as refusal:
            sock.close()
            cause = refusal
            continue
        except BaseException:
            sock.close()
            raise
        addresses.prefer(host, port, address)
        return _secured(base, sock, deadline)
    if isinstance(cause, socket.timeout):
        raise TooLate(f"Expected a connection in {deadline.seconds} s") from cause
    raise cause


def _secured(base: SplitResult, sock: socket.socket, deadline: Deadline) -> socket.socket:
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if base.scheme != "https":
            return sock
        sock.settimeout(deadline.left)
        return tls().wrap_socket(sock, server_hostname=base.hostname)
    except socket.timeout as cause:
        sock.close()
        raise TooLate(f"Expected a connection in {deadline.seconds} s") from cause
    except BaseException:
        sock.close()
        raise


def addresses_of(host: str, port: int, deadline: Deadline) -> List[Address]:
    found = addresses.numeric(host, port) or addresses.fresh(host, port)
    if found:
        return found
    last = addresses.last(host, port)
    try:
        return addresses.lookup(host, port).result(deadline.left / 2 if last else deadline.left)
    except LookupTimeout as cause:
        if last:
            return last
        raise TooLate(f"Expected the address of {host} in {deadline.seconds} s") from cause


class _Pool:
    def __init__(self) -> None:
        self.process = os.getpid()
        self._idle: Dict[_Key, List[socket.socket]] = {}
        self._lock = threading.Lock()

    def take(self, key: _Key) -> Optional[socket.socket]:
        while True:
            with self._lock:
                idle = self._idle.get(key)
                sock = idle.pop() if idle else None
            if sock is None or not _is_stale(sock):
                return sock
            sock.close()

    def drop(self, key: _Key) -> None:
        with self._lock:
            idle = self._idle.pop(key, [])
        for sock in idle:
            sock.close()

    def close(self) -> None:
        """Of a parent's: only this process' ends are closed, and its lock is not asked."""
        for idle in list(self._idle.values()):
            for sock in list(idle):
                sock.close()

    def keep(self, key: _Key, sock: socket.socket) -> None:
        with self._lock:
            idle = self._idle.setdefault(key, [])
            if len(idle) < CONNECTIONS_KEPT_MAX:
                idle.append(sock)
                return
        sock.close()


_the_pool = _Pool()


def _pool() -> _Pool:
    """This process' own: a connection belongs to the process that made it, and so does a lock that somebody holds."""
    global _the_pool
    if _the_pool.process != os.getpid():
        _the_pool.close()
        _the_pool = _Pool()
    return _the_pool


def _is_stale(sock: socket.socket) -> bool:
    """Whether an idle connection has something to say, which can only be that it is closed."""
    with selectors.DefaultSelector() as selector:
        selector.register(sock, selectors.EVENT_READ)
        return bool(selector.select(0))
