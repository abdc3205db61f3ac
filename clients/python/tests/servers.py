"""Starts the servers of the conformance cases: programs that print their port and end when their stdin closes."""

from __future__ import annotations

import json
import subprocess
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
        self.url = f"http://127.0.0.1:{int(self._process.stdout.readline())}"

    def json(self, path: str) -> Any:
        with urlopen(self.url + path) as response:
            return json.load(response)

    def stop(self) -> None:
        self._process.communicate()


def start_misbehaving() -> Server:
    return Server("conformance/misbehaving-server.mjs")


def start_real() -> Server:
    return Server("--import", "tsx", "conformance/real-server.ts")
