"""What the shared cases can't say: the parts that are Python's own."""

from __future__ import annotations

import logging
import re
import threading
import unittest
from pathlib import Path
from typing import List

from sixpack_client import Failure, Session, transport

from .servers import Server, start_misbehaving, start_real

README = Path(__file__).resolve().parents[1] / "README.md"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


class SessionTest(unittest.TestCase):
    misbehaving: Server
    real: Server

    @classmethod
    def setUpClass(cls) -> None:
        cls.misbehaving, cls.real = start_misbehaving(), start_real()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.misbehaving.stop()
        cls.real.stop()

    def test_runs_the_first_example_of_the_readme(self) -> None:
        found = re.search(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.S)
        assert found
        scope: dict = {}
        exec(found.group(1).replace('"http://localhost:5000"', f'"{self.real.url}", timeout=60'), scope)
        self.assertIn(scope["color"], ["red", "blue"])
        self.assertEqual(self.real.json("/experiments/button")["total_participants"], 1)

    def test_takes_cookie_query_address_and_user_agent_from_a_wsgi_request(self) -> None:
        environ = {
            "HTTP_COOKIE": "sixpack_client_id=shop-42",
            "QUERY_STRING": "sixpack-force-other=b",
            "REMOTE_ADDR": "203.0.113.7",
            "HTTP_USER_AGENT": "Mozilla/5.0",
        }
        session = Session.from_wsgi(f"{self.misbehaving.url}/fine/wsgi", environ, timeout=60)
        self.assertEqual(session.participate("other", ["a", "b"]), "b")
        self.assertEqual(session.participate("button", ["red", "blue"]), "blue")
        arguments = self.misbehaving.json("/requests/wsgi")[0]["arguments"]
        self.assertEqual(arguments["client_id"], ["shop-42"])
        self.assertEqual(arguments["ip_address"], ["203.0.113.7"])
        self.assertEqual(arguments["user_agent"], ["Mozilla/5.0"])

    def test_offers_a_cookie_that_gives_the_next_session_the_same_client(self) -> None:
        session = Session(self.real.url)
        self.assertTrue(UUID.fullmatch(session.client_id))
        self.assertEqual(
            session.set_cookie,
            f"sixpack_client_id={session.client_id}; Path=/; Max-Age=34560000; SameSite=Lax",
        )
        pair = session.set_cookie.split(";")[0]
        self.assertEqual(Session(self.real.url, cookie=pair).client_id, session.client_id)

    def test_returns_the_control_when_the_hook_raises(self) -> None:
        def hook(_: Failure) -> None:
            raise RuntimeError("the hook's own trouble")

        session = Session(f"{self.misbehaving.url}/error-500/hook", timeout=60, on_failure=hook)
        self.assertEqual(session.participate("button", ["red", "blue"]), "red")

    def test_logs_failures_unless_given_a_hook(self) -> None:
        with self.assertLogs("sixpack_client", logging.WARNING) as logs:
            Session(f"{self.misbehaving.url}/error-500/log", timeout=60).participate("button", ["red", "blue"])
        self.assertIn("participate of button: server-error, internal error", logs.output[0])

    def test_raises_for_a_base_url_that_is_none(self) -> None:
        for url in ("", "example.com", "ftp://example.com", "http://", "http://example.com/?a=b", "http://a/#b"):
            with self.assertRaises(ValueError):
                Session(url)

    def test_uses_one_connection_for_many_sessions(self) -> None:
        transport._idle.clear()
        for number in range(5):
            Session(self.real.url, client_id=f"kept-{number}", timeout=60).participate("kept", ["a", "b"])
        self.assertEqual([len(idle) for idle in transport._idle.values()], [1])

    def test_serves_many_threads_at_once(self) -> None:
        failures: List[Failure] = []

        def visit(number: int) -> None:
            session = Session(self.real.url, client_id=f"thread-{number}", timeout=60, on_failure=failures.append)
            session.participate("threads", ["a", "b"])
            session.convert("threads")

        threads = [threading.Thread(target=visit, args=(number,)) for number in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        self.assertEqual(self.real.json("/experiments/threads")["total_conversions"], 40)


if __name__ == "__main__":
    unittest.main()
