"""What clients/test/network.test.ts asks of every language: a page of five experiments where the network is silent.

Prints, for each name, what was shown, the codes of failures, and the milliseconds that the page took.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any, Dict, List

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sixpack_ab import AsyncSession, Failure, Session

EXPERIMENTS = [f"page-{number}" for number in range(5)]


def visit(url: str, timeout: float) -> Dict[str, Any]:
    failures: List[Failure] = []
    started = time.monotonic()
    session = Session(url, timeout=timeout, on_failure=failures.append)
    shown = [session.participate(experiment, ["red", "blue"]) for experiment in EXPERIMENTS]
    return result(shown, failures, started)


async def visit_async(url: str, timeout: float) -> Dict[str, Any]:
    failures: List[Failure] = []
    started = time.monotonic()
    session = AsyncSession(url, timeout=timeout, on_failure=failures.append)
    shown = [await session.participate(experiment, ["red", "blue"]) for experiment in EXPERIMENTS]
    return result(shown, failures, started)


def result(shown: List[str], failures: List[Failure], started: float) -> Dict[str, Any]:
    codes = [failure.code for failure in failures]
    return {"shown": shown, "codes": codes, "ms": round((time.monotonic() - started) * 1000)}


kind, port = sys.argv[1:]
found = {}
for name, timeout in (("alive", 3.0), ("dead", 0.5), ("unknown", 0.5)):
    url = f"http://{name}.example:{port}/fine/{kind}"
    found[name] = visit(url, timeout) if kind == "sync" else asyncio.run(visit_async(url, timeout))
print(json.dumps(found))
