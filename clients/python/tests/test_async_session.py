"""What asyncio adds: many calls at once on one thread, and calls that nobody waits for any more."""

from __future__ import annotations

import asyncio
import gc
import unittest
from typing import List

from sixpack_ab import AsyncSession, ConversionQueue, Failure

from .servers import Server, shared_misbehaving, shared_real


class AsyncSessionTest(unittest.TestCase):
    misbehaving: Server
    real: Server

    @classmethod
    def setUpClass(cls) -> None:
        cls.misbehaving, cls.real = shared_misbehaving(), shared_real()

    def test_serves_many_clients_at_once(self) -> None:
        failures: List[Failure] = []

        async def visit(number: int) -> None:
            session = AsyncSession(self.real.url, client_id=f"c-{number}", timeout=60, on_failure=failures.append)
            answers = await session.participate_all({"async-a": ["a", "b"], "async-b": ["a", "b"]})
            self.assertEqual(await session.participate("async-a", ["a", "b"]), answers["async-a"])
            self.assertTrue(await session.convert("async-b"))

        async def visits() -> None:
            await asyncio.gather(*(visit(number) for number in range(100)))
            await AsyncSession.close_idle()

        asyncio.run(visits())
        self.assertEqual(failures, [])
        self.assertEqual(self.real.json("/experiments/async-b")["total_conversions"], 100)

    def test_takes_a_coroutine_for_a_hook_and_lives_on_when_it_raises(self) -> None:
        told: List[str] = []
        problems: List[object] = []

        async def hook(failure: Failure) -> None:
            await asyncio.sleep(0)
            told.append(failure.code)
            raise RuntimeError("its own trouble")

        async def visits() -> None:
            asyncio.get_running_loop().set_exception_handler(lambda _, problem: problems.append(problem))
            session = AsyncSession(f"{self.misbehaving.url}/error-500/async-hook", timeout=60, on_failure=hook)
            self.assertEqual(await session.participate("button", ["red", "blue"]), "red")
            while not told:
                await asyncio.sleep(0)
            queue = ConversionQueue()
            queue.convert(AsyncSession(f"{self.misbehaving.url}/rejecting/async-hook", timeout=60, on_failure=hook), "button")
            while len(told) < 2:
                await asyncio.sleep(0.01)
            queue.close()
            await AsyncSession.close_idle()

        asyncio.run(visits())
        gc.collect()
        self.assertEqual((told, problems), (["server-error", "rejected"], []))

    def test_gives_nobody_the_answer_to_a_call_that_was_cancelled(self) -> None:
        async def visits() -> None:
            lost = AsyncSession(f"{self.misbehaving.url}/held/lost", client_id="lost", timeout=60)
            task = asyncio.create_task(lost.participate("button", ["red", "blue"]))
            while not self.misbehaving.json("/requests/lost"):
                await asyncio.sleep(0.01)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
            self.misbehaving.json("/release/lost")
            failures: List[Failure] = []
            session = AsyncSession(f"{self.misbehaving.url}/fine/next", timeout=60, on_failure=failures.append)
            self.assertEqual(await session.participate("button", ["red", "blue"]), "blue")
            self.assertEqual(failures, [])
            await AsyncSession.close_idle()

        asyncio.run(visits())

    def test_waits_once_for_a_server_that_is_silent(self) -> None:
        failures: List[Failure] = []
        session = AsyncSession(f"{self.misbehaving.url}/silent/async", timeout=0.2, on_failure=failures.append)

        async def visits() -> None:
            for number in range(5):
                self.assertEqual(await session.participate(f"page-{number}", ["red", "blue"]), "red")

        asyncio.run(visits())
        self.assertEqual([failure.code for failure in failures], ["timeout"] + ["unreachable"] * 4)


if __name__ == "__main__":
    unittest.main()
