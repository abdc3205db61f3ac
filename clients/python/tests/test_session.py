"""What the shared cases can't say: the parts that are Python's own."""

from __future__ import annotations

import logging
import re
import socket
import threading
import time
import unittest
from decimal import Decimal
from pathlib import Path
from typing import Any, Dict, List

from sixpack_ab import ConversionQueue, Failure, Session, addresses, transport
from sixpack_ab.addresses import Address
from sixpack_ab.wsgi import SixpackMiddleware

from .servers import Server, shared_misbehaving, shared_real

README = Path(__file__).resolve().parents[1] / "README.md"
NO_FAMILY = 4_711
"""A number under which no system has addresses."""
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


class SessionTest(unittest.TestCase):
    misbehaving: Server
    real: Server

    @classmethod
    def setUpClass(cls) -> None:
        cls.misbehaving, cls.real = shared_misbehaving(), shared_real()

    def test_runs_the_examples_of_the_readme(self) -> None:
        code = "\n".join(re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.S))
        scope: dict = {}
        code = code.replace('"http://localhost:5000"', f'"{self.real.url}", timeout=60').replace("timeout=5)", "timeout=60)")
        exec(code, scope)
        self.assertEqual(len(scope["queue"]), 0)
        self.assertIn(scope["color"], ["red", "blue"])
        self.assertEqual(set(scope["shown"]), {"button", "headline"})
        environ = {"HTTP_COOKIE": "sixpack_client_id=user-43"}
        self.assertIn(scope["application"](environ, lambda status, headers: None), [[b"red"], [b"blue"]])
        self.assertEqual(self.real.json("/experiments/button")["total_participants"], 2)

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

    def test_costs_no_page_when_the_settings_of_a_request_are_not_valid(self) -> None:
        def pages(environ: Dict[str, Any], start_response: Any) -> List[bytes]:
            start_response("200 OK", [])
            return [environ["sixpack"].client_id.encode()]

        url = f"{self.misbehaving.url}/fine/wrong-settings"
        pages_of_users = SixpackMiddleware(pages, url, per_request=lambda _: {"client_id": ""})
        sent: List[Any] = []
        with self.assertLogs("sixpack_ab", logging.WARNING) as logs:
            (new,) = pages_of_users({}, lambda status, headers: sent.extend(headers))
            (known,) = pages_of_users({"HTTP_COOKIE": "sixpack_client_id=shop-42"}, lambda status, headers: sent.extend(headers))
        self.assertTrue(UUID.fullmatch(new.decode()))
        self.assertEqual(known, b"shop-42")
        self.assertEqual(sent, [], "no cookie, for nobody knows what was consented to")
        self.assertIn("Expected a client id of 1 to 1024 characters, got ''", logs.output[0])

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

    def test_logs_each_kind_of_failure_once_a_minute_unless_given_a_hook(self) -> None:
        with self.assertLogs("sixpack_ab", logging.WARNING) as logs:
            for _ in range(3):
                Session(f"{self.misbehaving.url}/error-500/log", timeout=60).participate("button", ["red", "blue"])
            Session(f"{self.misbehaving.url}/nowhere/log", timeout=60, retries=0).convert(None)
        said, advised = (line.split("sixpack: ")[1].replace(self.misbehaving.url, "") for line in logs.output)
        self.assertEqual(said, "participate of button at /error-500/log: server-error, internal error")
        self.assertIn("convert of every experiment at /nowhere/log: rejected, ", advised)
        self.assertTrue(advised.endswith(". Does Sixpack's API answer there?"))

    def test_uses_one_connection_for_many_sessions(self) -> None:
        transport._pool().close()
        transport._pool()._idle.clear()
        for number in range(5):
            Session(self.real.url, client_id=f"kept-{number}", timeout=60).participate("kept", ["a", "b"])
        self.assertEqual(len(transport._pool()._idle[("http", self.real.url[7:])]), 1)

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

    def test_asks_for_several_experiments_in_one_request(self) -> None:
        session = Session(f"{self.misbehaving.url}/batching/all", client_id="c", query="sixpack-force-hero=a", timeout=60)
        answers = session.participate_all({"button": ["red", "blue"], "hero": ["a", "b"], "menu": ["x", "y"]})
        self.assertEqual(answers, {"button": "blue", "hero": "a", "menu": "y"})
        (request,) = self.misbehaving.json("/requests/all")
        self.assertEqual(
            request["body"],
            {
                "calls": [
                    {"participate": {"experiment": "button", "alternatives": ["red", "blue"], "client_id": "c"}},
                    {"participate": {"experiment": "menu", "alternatives": ["x", "y"], "client_id": "c"}},
                ]
            },
        )

    def test_asks_one_by_one_where_there_are_no_batches_and_remembers_that(self) -> None:
        session = Session(f"{self.misbehaving.url}/fine/single", client_id="c", timeout=60)
        for _ in range(2):
            self.assertEqual(session.participate_all({"a": ["1", "2"], "b": ["3", "4"]}), {"a": "2", "b": "4"})
        paths = [request["path"] for request in self.misbehaving.json("/requests/single")]
        self.assertEqual(paths, ["/batch"] + ["/participate"] * 4)

    def test_makes_a_batch_no_single_calls_because_there_were_too_many_calls(self) -> None:
        failures: List[Failure] = []
        session = Session(f"{self.misbehaving.url}/too-many/429", client_id="c", timeout=60, on_failure=failures.append)
        for _ in range(2):
            self.assertEqual(session.participate_all({"a": ["1", "2"], "b": ["3", "4"]}), {"a": "1", "b": "3"})
        self.assertEqual([(failure.code, failure.experiment) for failure in failures], [("rejected", "a"), ("rejected", "b")] * 2)
        self.assertEqual([request["path"] for request in self.misbehaving.json("/requests/429")], ["/batch"] * 2)

    def test_asks_for_more_experiments_than_a_batch_takes(self) -> None:
        failures: List[Failure] = []
        session = Session(self.real.url, client_id="c", user_agent="Mozilla " * 60, timeout=60, on_failure=failures.append)
        answers = session.participate_all({f"many-{number}": ["a", "b"] for number in range(250)})
        self.assertEqual((len(answers), failures), (250, []))
        self.assertEqual(self.real.json("/experiments/many-249")["total_participants"], 1)

    def test_believes_no_answer_to_somebody_else(self) -> None:
        for behaviour in ("other-client", "other-experiment"):
            failures: List[Failure] = []
            session = Session(f"{self.misbehaving.url}/{behaviour}/own", timeout=60, retries=0, on_failure=failures.append)
            self.assertEqual(session.participate("button", ["red", "blue"]), "red")
            self.assertEqual(session.participate_all({"a": ["1", "2"], "b": ["3", "4"]}), {"a": "1", "b": "3"})
            self.assertFalse(session.convert("button"))
            self.assertEqual([failure.code for failure in failures], ["bad-answer"] * 4)

    def test_goes_on_when_a_kept_connection_is_closed_under_the_request(self) -> None:
        failures: List[Failure] = []
        session = Session(f"{self.misbehaving.url}/closing/under", timeout=60, on_failure=failures.append)
        for _ in range(4):
            self.assertEqual(session.participate("button", ["red", "blue"]), "blue")
        self.assertEqual(failures, [])

    def test_waits_once_for_a_server_that_is_silent(self) -> None:
        failures: List[Failure] = []
        session = Session(f"{self.misbehaving.url}/silent/once", timeout=0.2, on_failure=failures.append)
        for number in range(5):
            self.assertEqual(session.participate(f"page-{number}", ["red", "blue"]), "red")
        self.assertEqual([failure.code for failure in failures], ["timeout"] + ["unreachable"] * 4)
        self.assertEqual(len(self.misbehaving.json("/requests/once")), 1)

    def test_sends_agents_that_are_no_text(self) -> None:
        environ = {"HTTP_USER_AGENT": "caf\xe9 \xc3\xa9", "REMOTE_ADDR": "\udcff::1"}
        session = Session.from_wsgi(f"{self.misbehaving.url}/fine/agent", environ, timeout=60)
        self.assertEqual(session.participate("button", ["red", "blue"]), "blue")
        arguments = self.misbehaving.json("/requests/agent")[0]["arguments"]
        self.assertEqual(arguments["user_agent"], ["caf\ufffd é"])
        self.assertEqual(arguments["ip_address"], ["\ufffd::1"])
        scope = {"headers": [(b"user-agent", b"caf\xe9")], "client": None}
        self.assertEqual(Session.from_asgi(self.real.url, scope).participate("agents", ["a", "b"])[:0], "")

    def test_keeps_no_cookie_without_consent_and_spans_hosts_where_told_to(self) -> None:
        cookie = "sixpack_client_id=shop-42"
        none = Session(self.real.url, cookie=cookie, storage="none")
        self.assertNotEqual(none.client_id, "shop-42")
        self.assertIsNone(none.cookie_to_set)
        shop = Session(self.real.url, cookie_domain="example.com")
        self.assertIsNone(shop.cookie_to_set, "Nobody asked it for anything.")
        self.assertIn(shop.client_id, shop.cookie_to_set or "")
        self.assertTrue(shop.set_cookie.endswith("; Domain=example.com"))
        for options in ({"cookie": cookie}, {"client_id": "shop-42"}):
            session = Session(self.real.url, **options)
            self.assertEqual((session.client_id, session.cookie_to_set), ("shop-42", None))
        given = Session(self.real.url, client_id="user-1", cookie=cookie, storage="cookie")
        self.assertIn(given.client_id, given.cookie_to_set or "")

    def test_sends_no_conversion_of_an_alternative_that_was_forced(self) -> None:
        session = Session(f"{self.misbehaving.url}/fine/forced", query="sixpack-force-button=blue", timeout=60)
        self.assertEqual(session.participate("button", ["red", "blue"]), "blue")
        self.assertFalse(session.convert("button"))
        ConversionQueue().convert(session, "button")
        self.assertTrue(session.convert("other"))
        self.assertEqual(len(self.misbehaving.json("/requests/forced")), 1)

    def test_raises_for_a_port_that_there_is_not(self) -> None:
        for port in (0, 65_536, 99_999):
            with self.assertRaises(ValueError, msg=str(port)):
                Session(f"http://127.0.0.1:{port}/ab")

    def test_raises_for_settings_that_are_none(self) -> None:
        for settings in ({"retries": -1}, {"timeout": 0}, {"timeout": float("inf")}, {"timeout": 86_401}, {"timeout": None}, {"storage": "disk"}, {"cookie_domain": "a;b"}, {"client_id": 7}, {"api_key": ""}, {"segments": {"two words": "a"}}, {"api_key": "a\r\nX: 1"}):
            with self.assertRaises(ValueError, msg=str(settings)):
                Session(self.real.url, **settings)  # type: ignore[arg-type]

    def test_raises_for_a_number_beyond_every_float(self) -> None:
        session = Session(self.real.url)
        with self.assertRaises(ValueError):
            session.convert("button", value=10**400)
        with self.assertRaises(ValueError):
            session.participate("button", ["red", "blue"], weights=[10**400, 1])

    def test_takes_no_cookie_and_no_query_for_none(self) -> None:
        session = Session(f"{self.misbehaving.url}/fine/none", cookie=None, query=None, timeout=60)
        self.assertTrue(UUID.fullmatch(session.client_id))
        self.assertEqual(session.participate("button", ["red", "blue"]), "blue")

    def test_returns_the_control_for_a_host_that_can_be_no_name(self) -> None:
        failures: List[Failure] = []
        for host in ("a..b", "a" * 64):
            session = Session(f"http://{host}", on_failure=failures.append)
            self.assertEqual(session.participate("button", ["red", "blue"]), "red")
        self.assertEqual([failure.code for failure in failures], ["unreachable"] * 2)

    def test_passes_over_an_address_of_a_kind_that_the_system_has_not(self) -> None:
        host, port = "kinds.example", int(self.real.url.rpartition(":")[2])
        addresses_of_it = [Address(NO_FAMILY, ("::1", port)), Address(socket.AF_INET, ("127.0.0.1", port))]
        addresses._known[addresses._key(host, port)] = (addresses_of_it, time.monotonic())
        failures: List[Failure] = []
        Session(f"http://{host}:{port}", timeout=60, on_failure=failures.append).participate("kinds", ["a", "b"])
        self.assertEqual(failures, [])

    def test_takes_money_as_a_decimal(self) -> None:
        session = Session(f"{self.misbehaving.url}/fine/money", timeout=60)
        self.assertTrue(session.convert("button", value=Decimal("19.99")))
        self.assertEqual(self.misbehaving.json("/requests/money")[0]["arguments"]["value"], ["19.99"])


if __name__ == "__main__":
    unittest.main()
