"""The same as ``transport`` for asyncio: connections are kept for as long as their event loop lives."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from concurrent.futures import Future
from typing import Awaitable, Dict, List, Optional, Tuple, TypeVar
from urllib.parse import SplitResult
from weakref import WeakKeyDictionary

from . import addresses
from .addresses import Address
from .deadline import Deadline, TooLate
from .http1 import Answer
from .transport import CONNECTIONS_KEPT_MAX, port_of, tls

_READ_BYTES = 65_536

_Key = Tuple[int, str, str]
_Streams = Tuple[asyncio.StreamReader, asyncio.StreamWriter]
_T = TypeVar("_T")

_idle: "WeakKeyDictionary[asyncio.AbstractEventLoop, Dict[_Key, List[_Streams]]]" = WeakKeyDictionary()


async def send(base: SplitResult, request: bytes, deadline: Deadline) -> Tuple[int, bytes]:
    """Status and body of the answer. Raises what ``transport.send`` raises."""
    kept = _take(base)
    if kept is not None:
        try:
            return await _exchange(base, kept, request, deadline)
        except (ConnectionError, ssl.SSLError):
            pass  # Closed while it was idle, or under the request: that is no failure, a new one will do.
    return await _exchange(base, await _connect(base, deadline), request, deadline)


def forget(base: SplitResult) -> None:
    """Closes what this loop keeps of the server."""
    for _, writer in _pool().pop(_key(base), []):
        writer.transport.abort()


async def close_idle() -> None:
    """Closes what this loop keeps, for programs that end their loop and want no warning of open connections."""
    pool = _pool()
    writers = [writer for streams in pool.values() for _, writer in streams]
    pool.clear()
    for writer in writers:
        writer.close()
    await asyncio.gather(*(writer.wait_closed() for writer in writers), return_exceptions=True)


async def _exchange(base: SplitResult, streams: _Streams, request: bytes, deadline: Deadline) -> Tuple[int, bytes]:
    reader, writer = streams
    answer = Answer()
    keeps = False
    try:
        writer.write(request)
        await _within(deadline.left, writer.drain(), deadline)
        while not answer.is_whole:
            data = await _receive(reader, deadline)
            if data:
                answer.feed(data)
            else:
                answer.end()
        keeps = answer.keeps_alive
    finally:
        idle = _pool().setdefault(_key(base), [])
        if keeps and len(idle) < CONNECTIONS_KEPT_MAX:
            idle.append(streams)
        else:
            writer.transport.abort()
    return answer.status, answer.body


async def _receive(reader: asyncio.StreamReader, deadline: Deadline) -> bytes:
    try:
        return await _within(deadline.left, reader.read(_READ_BYTES), deadline)
    except (ConnectionError, ssl.SSLError):
        return b""


async def _connect(base: SplitResult, deadline: Deadline) -> _Streams:
    host, port = base.hostname or "", port_of(base)
    found = await _addresses_of(host, port, deadline)
    cause: OSError = OSError(f"no address of {host}")
    for index, address in enumerate(found):
        try:
            sock = socket.socket(address.family, socket.SOCK_STREAM)
        except OSError as refusal:
            cause = refusal  # IPv6, where the system has none.
            continue
        try:
            sock.setblocking(False)
            share = deadline.share(len(found) - index - 1)
            await _within(share, asyncio.get_running_loop().sock_connect(sock, address.sockaddr), deadline)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as refusal:
            sock.close()
            cause = refusal
            continue
        except BaseException:
            sock.close()
            raise
        addresses.prefer(host, port, address)
        return await _streams_of(base, sock, deadline)
    raise cause


async def _streams_of(base: SplitResult, sock: socket.socket, deadline: Deadline) -> _Streams:
    secured = base.scheme == "https"
    name = base.hostname if secured else None
    try:
        left = deadline.left
        opening = asyncio.open_connection(sock=sock, ssl=tls() if secured else None, server_hostname=name)
        return await _within(left, opening, deadline)
    except BaseException:
        sock.close()
        raise


async def _addresses_of(host: str, port: int, deadline: Deadline) -> List[Address]:
    found = addresses.numeric(host, port) or addresses.fresh(host, port)
    if found:
        return found
    last = addresses.last(host, port)
    future: "Future[List[Address]]" = addresses.lookup(host, port)
    try:
        return await _within(deadline.left / 2 if last else deadline.left, asyncio.wrap_future(future), deadline)
    except TooLate:
        if last:
            return last
        raise


async def _within(seconds: float, work: Awaitable[_T], deadline: Deadline) -> _T:
    # The seconds come first: with none left nothing is begun, and a coroutine that nobody awaits gives a warning.
    # Not `wait_for`, which before Python 3.12 may swallow that somebody has cancelled the call.
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task}, timeout=seconds)
    except asyncio.CancelledError:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        raise
    if not task.done():
        task.cancel()
        # A socket may be closed only when nobody waits for it any more.
        await asyncio.gather(task, return_exceptions=True)
        raise TooLate(f"Expected an answer in {deadline.seconds} s")
    return task.result()


def _take(base: SplitResult) -> Optional[_Streams]:
    idle = _pool().get(_key(base), [])
    while idle:
        reader, writer = idle.pop()
        if not reader.at_eof() and not writer.is_closing() and reader.exception() is None:
            return reader, writer
        writer.transport.abort()
    return None


def _pool() -> Dict[_Key, List[_Streams]]:
    return _idle.setdefault(asyncio.get_running_loop(), {})


def _key(base: SplitResult) -> _Key:
    return (os.getpid(), base.scheme, base.netloc)
