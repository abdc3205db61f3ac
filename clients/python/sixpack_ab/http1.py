"""HTTP/1.1 as bytes, without a socket: what is sent, and when what came is a whole answer."""

from __future__ import annotations

import re
from typing import Dict, Optional
from urllib.parse import SplitResult

ANSWER_BYTES_MAX = 1_048_576
"""An answer to the largest batch has a tenth of that."""
HEAD_BYTES_MAX = 65_536

_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) (\d{3})(?: .*)?")


class BrokenAnswer(Exception):
    """What came is no complete answer. ``status`` is that of HTTP, ``None`` where even that did not come."""

    def __init__(self, message: str, status: Optional[int]) -> None:
        super().__init__(message)
        self.status = status


class NoAnswer(ConnectionError):
    """The connection ended before an answer began."""


def request_bytes(base: SplitResult, target: str, body: Optional[bytes], api_key: Optional[str]) -> bytes:
    """A GET, or with a body a POST of JSON."""
    head = f"{'GET' if body is None else 'POST'} {target} HTTP/1.1\r\nHost: {base.netloc}\r\nAccept: application/json\r\n"
    if api_key is not None:
        head += f"Authorization: Bearer {api_key}\r\n"
    if body is not None:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{head}\r\n".encode("latin-1") + (body or b"")


class Answer:
    """An answer that arrives in pieces: ``feed`` it until ``is_whole``, and tell it when the connection has ended."""

    def __init__(self) -> None:
        self.status = 0
        self.is_whole = False
        self.keeps_alive = False
        self._body = bytearray()
        self._buffer = bytearray()
        """What isn't read yet. Bytes are deleted at its front, which moves none of the others."""
        self._headers: Optional[Dict[str, str]] = None
        self._missing: Optional[int] = None
        """Bytes that the body or the chunk still lacks; ``None`` where only the end of the connection tells."""
        self._is_chunked = False
        self._is_last = False

    @property
    def body(self) -> bytes:
        return bytes(self._body)

    def feed(self, data: bytes) -> None:
        """:raises BrokenAnswer: when it is none"""
        self._buffer += data
        while self._headers is None:
            if not self._read_head():
                return
        if self._is_chunked:
            self._read_chunks()
        else:
            self._take(len(self._buffer) if self._missing is None else self._missing)
            self.is_whole = self._missing == 0
        if len(self._body) > ANSWER_BYTES_MAX:
            raise self._broken(f"Expected at most {ANSWER_BYTES_MAX} bytes, got more")
        if self.is_whole and self._buffer:
            self.keeps_alive = False  # What nobody asked for must not be taken for the next answer.

    def end(self) -> None:
        """The connection has ended.

        :raises NoAnswer: when nothing had come
        :raises BrokenAnswer: when that was not the end of the answer
        """
        if self._headers is None and not self._buffer:
            raise NoAnswer("Expected an answer, got the end of the connection")
        if self._headers is None or self._is_chunked or self._missing is not None:
            raise self._broken("Expected a whole answer, got the end of the connection")
        self.is_whole = True

    def _read_head(self) -> bool:
        """Whether a head was there; that of an interim answer is passed over."""
        head = self._cut(b"\r\n\r\n")
        if head is None:
            return False
        line, *lines = head.split(b"\r\n")
        matched = _STATUS_LINE.fullmatch(line)
        if not matched:
            raise self._broken(f"Expected HTTP/1.1, got {line[:80]!r}")
        self.status = int(matched.group(2))
        if 100 <= self.status < 200:
            return True
        headers: Dict[str, str] = {}
        self._headers = headers
        for text in lines:
            name, _, value = text.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        asked = headers.get("connection", "").lower()
        self.keeps_alive = "close" not in asked and (matched.group(1) == b"1" or "keep-alive" in asked)
        self._is_chunked = headers.get("transfer-encoding", "").lower().endswith("chunked")
        length = "0" if self.status in (204, 304) else headers.get("content-length")
        if length is not None and not re.fullmatch("[0-9]{1,15}", length):
            raise self._broken(f"Expected a length, got {length!r}")
        if length is None or self._is_chunked:
            self.keeps_alive = self.keeps_alive and self._is_chunked
        else:
            self._missing = int(length)
        return True

    def _take(self, count: int) -> None:
        piece = self._buffer[:count]
        del self._buffer[:count]
        self._body += piece
        if self._missing is not None:
            self._missing -= len(piece)

    def _read_chunks(self) -> None:
        while not self.is_whole:
            if self._missing is None:
                line = self._cut(b"\r\n")
                if line is None:
                    return
                size = re.fullmatch(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;.*)?", line)
                if not size:
                    raise self._broken(f"Expected the size of a chunk, got {line[:80]!r}")
                self._missing = int(size.group(1), 16)
                self._is_last = self._missing == 0
            if self._is_last:
                # Trailers are read as far as they came; an empty line ends them.
                line = self._cut(b"\r\n")
                if line is None:
                    return
                self.is_whole = not line
                continue
            self._take(self._missing)
            if self._missing > 0 or len(self._buffer) < 2:
                return
            if not self._buffer.startswith(b"\r\n"):
                raise self._broken("Expected the end of a chunk")
            del self._buffer[:2]
            self._missing = None

    def _cut(self, end: bytes) -> Optional[bytes]:
        """What is read up to an end, taken with it; ``None`` where the end did not come yet."""
        at = self._buffer.find(end)
        if (len(self._buffer) if at < 0 else at) > HEAD_BYTES_MAX:
            raise self._broken(f"Expected at most {HEAD_BYTES_MAX} bytes of headers, got more")
        if at < 0:
            return None
        line = bytes(self._buffer[:at])
        del self._buffer[: at + len(end)]
        return line

    def _broken(self, message: str) -> BrokenAnswer:
        return BrokenAnswer(message, None if self._headers is None else self.status)
