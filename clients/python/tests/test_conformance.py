"""Replays conformance/clients.json; conformance/README.md says how."""

from __future__ import annotations

import json
import re
import time
import unittest
from typing import Any, Dict, List
from urllib.parse import quote

from sixpack_client import Failure, Session

from .servers import CONFORMANCE, Server, start_misbehaving, start_real

CASES: List[Dict[str, Any]] = json.loads((CONFORMANCE / "clients.json").read_text(encoding="utf-8"))["cases"]

NOBODY = "http://127.0.0.1:9"
"""A port on which nothing listens."""


class ConformanceTest(unittest.TestCase):
    misbehaving: Server
    real: Server

    @classmethod
    def setUpClass(cls) -> None:
        cls.misbehaving, cls.real = start_misbehaving(), start_real()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.misbehaving.stop()
        cls.real.stop()

    def replay(self, case: Dict[str, Any], token: str) -> None:
        failures: List[Failure] = []
        settings = dict(case["session"])
        if "timeout_ms" in settings:
            settings["timeout"] = settings.pop("timeout_ms") / 1000
        session = Session(self.base_url(case["server"], token), on_failure=failures.append, **settings)
        for step in case["steps"]:
            failures.clear()
            if step["call"] == "wait":
                time.sleep(step["ms"] / 1000)
            elif step["expect"].get("throws"):
                with self.assertRaises(ValueError):
                    call(session, step)
            else:
                self.check(session, step, failures)
        if "requests" in case:
            seen = self.misbehaving.json(f"/requests/{token}")
            self.assertEqual([request["path"] for request in seen], [request["path"] for request in case["requests"]])
            for got, expected in zip(seen, case["requests"]):
                self.check_arguments(got["arguments"], expected["arguments"])
            ids = {request["arguments"]["id"][0] for request in seen if "id" in request["arguments"]}
            self.assertEqual(len(ids), sum(map(converts, case["steps"])))
        if "details" in case:
            details = self.real.json(f"/experiments/{quote(case['details']['experiment'], safe='')}")
            for field in case["details"].keys() - {"experiment"}:
                self.assertEqual(details[field], case["details"][field])

    def base_url(self, server: str, token: str) -> str:
        if server == "real":
            return self.real.url
        return NOBODY if server == "nobody" else f"{self.misbehaving.url}/{server}/{token}"

    def check(self, session: Session, step: Dict[str, Any], failures: List[Failure]) -> None:
        expected = step["expect"]
        started = time.monotonic()
        returned = call(session, step)
        elapsed_ms = (time.monotonic() - started) * 1000
        if "returns" in expected:
            self.assertEqual(returned, expected["returns"])
        if "failures" in expected:
            self.assertEqual([failure.code for failure in failures], expected["failures"])
        for failure in failures:
            self.assertEqual((failure.call, failure.experiment), (step["call"], step["experiment"]))
        self.assertGreaterEqual(elapsed_ms, expected.get("after_ms", 0))

    def check_arguments(self, got: Dict[str, List[str]], expected: Dict[str, Any]) -> None:
        self.assertEqual(got.keys(), expected.keys())
        for name, value in expected.items():
            if isinstance(value, dict):
                self.assertEqual(len(got[name]), 1)
                self.assertTrue(re.search(value["matches"], got[name][0]), got[name][0])
            else:
                self.assertEqual(got[name], value if isinstance(value, list) else [value])


def call(session: Session, step: Dict[str, Any]) -> Any:
    if step["call"] == "participate":
        return session.participate(step["experiment"], step["alternatives"], **step.get("options", {}))
    return session.convert(step["experiment"], step.get("kpi"), step.get("value"))


def converts(step: Dict[str, Any]) -> bool:
    return step["call"] == "convert" and not step["expect"].get("throws")


def add_test(index: int, case: Dict[str, Any]) -> None:
    def test(self: ConformanceTest) -> None:
        self.replay(case, f"python-{index}")

    name = re.sub(r"\W+", "_", case["name"]).strip("_")
    setattr(ConformanceTest, f"test_{name}", test)


for number, item in enumerate(CASES):
    add_test(number, item)


if __name__ == "__main__":
    unittest.main()
