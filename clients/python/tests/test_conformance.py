"""Replays conformance/clients.json; conformance/README.md says how."""

from __future__ import annotations

import asyncio
import json
import re
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Dict, List, Type, Union
from urllib.parse import quote

from sixpack_ab import AsyncSession, Failure, Session

from .servers import CONFORMANCE, Server, shared_misbehaving, shared_real, start_real

CLIENTS: Dict[str, Any] = json.loads((CONFORMANCE / "clients.json").read_text(encoding="utf-8"))
CASES: List[Dict[str, Any]] = CLIENTS["cases"]

NOBODY = "http://127.0.0.1:9"
"""A port on which nothing listens."""


class Replay(unittest.TestCase):
    """Both kinds of session are told what to do by the same coroutine; that of ``Session`` never waits for a loop."""

    kind: Type[Union[Session, AsyncSession]]
    misbehaving: Server
    real: Server

    async def replay(self, case: Dict[str, Any], token: str) -> None:
        failures: List[Failure] = []
        settings = dict(case["session"])
        if "timeout_ms" in settings:
            settings["timeout"] = settings.pop("timeout_ms") / 1000
        session = self.kind(self.base_url(case["server"], token), on_failure=failures.append, **settings)
        for step in case["steps"]:
            failures.clear()
            if step["call"] == "wait":
                await asyncio.sleep(step["ms"] / 1000)
            elif step["expect"].get("throws"):
                with self.assertRaises(ValueError):
                    await call(session, step)
            else:
                await self.check(session, step, failures)
        if "requests" in case:
            seen = await asyncio.to_thread(self.misbehaving.json, f"/requests/{token}")
            wanted = case["requests"]
            if case.get("any_order"):
                seen, wanted = sorted(seen, key=what_is_asked), sorted(wanted, key=what_is_asked)
            self.assertEqual([request["path"] for request in seen], [request["path"] for request in wanted])
            for got, expected in zip(seen, wanted):
                self.check_arguments(got["arguments"], expected["arguments"])
                for name in ("body", "authorization"):
                    self.assertEqual(got.get(name), expected.get(name))
            ids = {request["arguments"]["id"][0] for request in seen if "id" in request["arguments"]}
            self.assertEqual(len(ids), sum(map(converts, case["steps"])))
        if "details" in case:
            name = quote(case["details"]["experiment"], safe="")
            details = await asyncio.to_thread(self.real.json, f"/experiments/{name}")
            for field in case["details"].keys() - {"experiment"}:
                self.assertEqual(details[field], case["details"][field])

    def base_url(self, server: str, token: str) -> str:
        if server == "real":
            return self.real.url
        return NOBODY if server == "nobody" else f"{self.misbehaving.url}/{server}/{token}"

    async def check(self, session: Any, step: Dict[str, Any], failures: List[Failure]) -> None:
        expected = step["expect"]
        started = time.monotonic()
        returned = await call(session, step)
        elapsed_ms = (time.monotonic() - started) * 1000
        if "returns" in expected:
            self.assertEqual(returned, expected["returns"])
        if "failures" in expected:
            self.assertEqual([failure.code for failure in failures], expected["failures"])
        for failure in failures:
            experiments = step["experiments"] if "experiments" in step else [step.get("experiment")]
            self.assertEqual(failure.call, "participate" if "experiments" in step else step["call"])
            self.assertIn(failure.experiment, experiments)
        self.assertGreaterEqual(elapsed_ms, expected.get("after_ms", 0))

    def check_arguments(self, got: Dict[str, List[str]], expected: Dict[str, Any]) -> None:
        self.assertEqual(got.keys(), expected.keys())
        for name, value in expected.items():
            if isinstance(value, dict):
                self.assertEqual(len(got[name]), 1)
                self.assertTrue(re.search(value["matches"], got[name][0]), got[name][0])
            else:
                self.assertEqual(got[name], value if isinstance(value, list) else [value])


class ConformanceTest(Replay):
    """Each test is a case; they are replayed at the same time, for most of them wait."""

    kind = Session

    @classmethod
    def setUpClass(cls) -> None:
        cls.misbehaving, cls.real = shared_misbehaving(), shared_real()
        with ThreadPoolExecutor(len(CASES)) as threads:
            replays = [cls("replay").replay(case, f"python-{number}") for number, case in enumerate(CASES)]
            cls.replays = [threads.submit(asyncio.run, replay) for replay in replays]


class AsyncConformanceTest(Replay):
    kind = AsyncSession

    @classmethod
    def setUpClass(cls) -> None:
        cls.misbehaving, cls.real = shared_misbehaving(), start_real()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.real.stop()

    def test_replays_every_case_at_the_same_time(self) -> None:
        async def replay_all() -> None:
            try:
                await asyncio.gather(*(self.named(number, case) for number, case in enumerate(CASES)))
            finally:
                await AsyncSession.close_idle()

        asyncio.run(replay_all())

    async def named(self, number: int, case: Dict[str, Any]) -> None:
        try:
            await self.replay(case, f"asyncio-{number}")
        except AssertionError as cause:
            raise AssertionError(f"{case['name']}: {cause}") from cause


class BaseUrlTest(unittest.TestCase):
    def test_takes_base_urls(self) -> None:
        for url in CLIENTS["base_urls"]["taken"]:
            with self.subTest(url):
                Session(url)

    def test_refuses_what_is_no_base_url_and_shows_no_password(self) -> None:
        for url in CLIENTS["base_urls"]["refused"]:
            with self.subTest(url):
                with self.assertRaises(ValueError) as refused:
                    Session(url)
                self.assertNotIn("secret", str(refused.exception))


async def call(session: Any, step: Dict[str, Any]) -> Any:
    if step["call"] == "participate":
        answer = session.participate(step["experiment"], step["alternatives"], **step.get("options", {}))
    elif step["call"] == "participate_all":
        answer = session.participate_all(step["experiments"], **step.get("options", {}))
    elif step["call"] == "link":
        answer = session.link(step["previous_id"], step.get("experiment"))
    else:
        answer = session.convert(step["experiment"], step.get("kpi"), step.get("value"))
    return answer if isinstance(session, Session) else await answer


def what_is_asked(request: Dict[str, Any]) -> str:
    experiment = request["arguments"].get("experiment", "")
    return f"{request['path']} {experiment if isinstance(experiment, str) else experiment[0]}"


def converts(step: Dict[str, Any]) -> bool:
    return step["call"] == "convert" and not step["expect"].get("throws")


def add_test(index: int, case: Dict[str, Any]) -> None:
    def test(self: ConformanceTest) -> None:
        self.replays[index].result()

    name = re.sub(r"\W+", "_", case["name"]).strip("_")
    setattr(ConformanceTest, f"test_{name}", test)


for number, item in enumerate(CASES):
    add_test(number, item)


if __name__ == "__main__":
    unittest.main()
