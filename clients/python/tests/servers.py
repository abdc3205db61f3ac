"""Starts the servers of the conformance cases: programs that print their port and end when their stdin closes."""

from __future__ import annotations

import atexit
import json
import subprocess
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.request import urlopen

CONFORMANCE = Path(__file__).resolve().parents[3] / "conformance"


class Server:
    def __init__(self, *arguments: str) -> None:
        self._process = subprocess.Popen(
            ["node", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=CONFORMANCE.parent
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        self.url = f"http://127.0.0.1:{self.port}"

    def json(self, path: str) -> Any:
        with urlopen(self.url + path) as response:
            return json.load(response)

    def stop(self) -> None:
        self._process.communicate()


def start_misbehaving() -> Server:
    return Server("conformance/misbehaving-server.mjs")


def start_real(port: int = 0, *folder: str) -> Server:
    """With a folder, a server that finds what an earlier one kept there."""
    return Server("--import", "tsx", "conformance/real-server.ts", str(port), *folder)


@lru_cache(maxsize=None)
def shared_misbehaving() -> Server:
    """For all tests: calls are kept apart by their tokens."""
    server = start_misbehaving()
    atexit.register(server.stop)
    return server


@lru_cache(maxsize=None)
def shared_real() -> Server:
    """For all tests that have experiments of their own."""
    server = start_real()
    atexit.register(server.stop)
    return server
