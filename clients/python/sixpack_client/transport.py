"""One HTTP request within one deadline, over connections that are kept alive and shared by all sessions.

``http.client`` knows a time-out per read, which a server that sends a byte now and then never meets. So its socket
is wrapped in one whose every read and write gets what is left of the whole call's time.
"""

from __future__ import annotations

import http.client
import io
import os
import selectors
import socket
import threading
import time
from typing import Any, Dict, List, Optional, Tuple
from urllib.parse import SplitResult

CONNECTIONS_KEPT_MAX = 8
"""Idle connections kept per process and server."""

ANSWER_BYTES_MAX = 1_048_576

_Key = Tuple[int, str, str]

_idle: Dict[_Key, List["_Connection"]] = {}
_lock = threading.Lock()


def get(base: SplitResult, target: str, timeout: float) -> Tuple[int, bytes]:
    """Status and body of ``GET target``.

    :raises TimeoutError: when the answer isn't complete within ``timeout`` seconds
    :raises OSError: when there is no connection, or it ends before an answer begins
    :raises http.client.HTTPException: when what comes is no complete answer
    """
    deadline = time.monotonic() + timeout
    # A forked process must not write to its parent's connections.
    key = (os.getpid(), base.scheme, base.netloc)
    connection = _take(key)
    if connection is not None:
        try:
            return _exchange(connection, key, target, deadline)
        except (http.client.RemoteDisconnected, ConnectionError):
            # Closed while it was idle: that is no failure, a new one will do.
            pass
    return _exchange(_Connection(base), key, target, deadline)


def _exchange(connection: "_Connection", key: _Key, target: str, deadline: float) -> Tuple[int, bytes]:
    connection.deadline = deadline
    try:
        connection.http.request("GET", target, headers={"Accept": "application/json"})
        response = connection.http.getresponse()
        body = response.read(ANSWER_BYTES_MAX)
        if response.length:
            raise http.client.IncompleteRead(body, response.length)
    except BaseException:
        connection.http.close()
        raise
    if response.will_close or not response.isclosed():
        connection.http.close()
    else:
        _keep(key, connection)
    return response.status, body


def _take(key: _Key) -> Optional["_Connection"]:
    while True:
        with _lock:
            idle = _idle.get(key)
            connection = idle.pop() if idle else None
        if connection is None or not connection.is_stale():
            return connection
        connection.http.close()


def _keep(key: _Key, connection: "_Connection") -> None:
    with _lock:
        idle = _idle.setdefault(key, [])
        if len(idle) < CONNECTIONS_KEPT_MAX:
            idle.append(connection)
            return
    connection.http.close()


class _Connection:
    """An ``http.client`` connection whose socket keeps to ``deadline``, a ``time.monotonic()``."""

    def __init__(self, base: SplitResult) -> None:
        kind = http.client.HTTPSConnection if base.scheme == "https" else http.client.HTTPConnection
        self.http = kind(base.hostname or "", base.port)
        self.deadline = 0.0
        self.fileno = -1
        connect = self.http.connect

        def connect_in_time() -> None:
            # Covers the handshake of TLS too.
            self.http.timeout = self.remaining()
            connect()
            self.fileno = self.http.sock.fileno()
            self.http.sock = _TimedSocket(self.http.sock, self)  # type: ignore[assignment]

        self.http.connect = connect_in_time  # type: ignore[method-assign]

    def is_stale(self) -> bool:
        """Whether an idle connection has something to say, which can only be that it is closed."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            return bool(selector.select(0))

    def remaining(self) -> float:
        seconds = self.deadline - time.monotonic()
        if seconds <= 0:
            raise socket.timeout("Expected an answer in time")
        return seconds


class _TimedSocket:
    """The part of a socket that ``http.client`` uses."""

    def __init__(self, sock: socket.socket, connection: _Connection) -> None:
        self._sock = sock
        self._connection = connection
        self.close = sock.close

    def sendall(self, data: Any) -> None:
        self._sock.settimeout(self._connection.remaining())
        self._sock.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedReader(self._sock, self._connection))


class _TimedReader(io.RawIOBase):
    def __init__(self, sock: socket.socket, connection: _Connection) -> None:
        self._sock = sock
        self._connection = connection

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(self._connection.remaining())
        return self._sock.recv_into(buffer)
