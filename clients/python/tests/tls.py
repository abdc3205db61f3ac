"""What clients/test/tls.test.ts asks of every language: a page at each of the addresses given, a code for a failure."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import List

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sixpack_ab import AsyncSession, Failure, Session


def visit(url: str) -> List[str]:
    failures: List[Failure] = []
    session = Session(url, timeout=60, on_failure=failures.append)
    return [session.participate("tls", ["red", "blue"]) for _ in range(2)] + [failure.code for failure in failures]


async def visit_async(url: str) -> List[str]:
    failures: List[Failure] = []
    session = AsyncSession(url, timeout=60, on_failure=failures.append)
    shown = [await session.participate("tls", ["red", "blue"]) for _ in range(2)]
    await AsyncSession.close_idle()
    return shown + [failure.code for failure in failures]


kind, *urls = sys.argv[1:]
print(json.dumps([visit(url) if kind == "sync" else asyncio.run(visit_async(url)) for url in urls]))
