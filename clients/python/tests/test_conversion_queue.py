"""Conversions that are given away: each is sent or reported, through outages, forks and the end of the process."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import List

from sixpack_ab import AsyncSession, ConversionQueue, Failure, Session, conversion_queue

from .servers import shared_misbehaving, start_real

NOBODY = "http://127.0.0.1:9"
FOLDER = Path(__file__).resolve().parents[1]


class ConversionQueueTest(unittest.TestCase):
    def test_delivers_every_conversion_once_after_an_outage(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        server = start_real(0, folder.name)
        failures: List[Failure] = []
        sessions = [
            Session(server.url, client_id=f"buyer-{number}", timeout=60, on_failure=failures.append) for number in range(50)
        ]
        for session in sessions:
            session.participate("outage", ["a", "b"])
        server.stop()
        queue = ConversionQueue()
        for session in sessions:
            queue.convert(session, "outage")
        self.assertFalse(queue.flush(0.2))
        self.assertEqual(len(queue), 50)
        server = start_real(server.port, folder.name)
        self.assertTrue(queue.flush(60))
        self.assertEqual(server.json("/experiments/outage")["total_conversions"], 50)
        self.assertEqual(failures, [])
        server.stop()

    def test_reports_what_the_server_refuses_and_goes_on(self) -> None:
        server = shared_misbehaving()
        failures: List[Failure] = []
        queue = ConversionQueue()
        queue.convert(Session(f"{server.url}/rejecting/q", timeout=60, on_failure=failures.append), "button")
        queue.convert(AsyncSession(f"{server.url}/fine/q", timeout=60, on_failure=failures.append), "button", "purchase", 5)
        self.assertTrue(queue.flush(60))
        self.assertEqual([failure.code for failure in failures], ["rejected"])
        self.assertEqual(len(server.json("/requests/q")), 2)

    def test_reports_the_oldest_when_too_many_wait(self) -> None:
        failures: List[Failure] = []
        session = Session(NOBODY, on_failure=failures.append)
        queue = ConversionQueue()
        for _ in range(conversion_queue.CONVERSIONS_MAX + 3):
            queue.convert(session, "button")
        self.assertEqual(len(queue), conversion_queue.CONVERSIONS_MAX)
        self.assertEqual(len(failures), 3)
        queue._exit_timeout = 0.01
        queue.close()
        self.assertEqual(len(failures), conversion_queue.CONVERSIONS_MAX + 3)

    def test_waits_for_the_server_at_the_end_of_the_process(self) -> None:
        server = shared_misbehaving()
        code = f"""
from sixpack_ab import ConversionQueue, Session
queue = ConversionQueue(exit_timeout=60)
for number in range(20):
    queue.convert(Session("{server.url}/fine/exit", timeout=60), "button")
"""
        subprocess.run([sys.executable, "-c", code], check=True, cwd=FOLDER)
        self.assertEqual(len(server.json("/requests/exit")), 20)

    def test_reports_what_is_left_at_the_end_of_the_process(self) -> None:
        code = f"""
from sixpack_ab import ConversionQueue, Session
ConversionQueue(exit_timeout=0.1).convert(Session("{NOBODY}", on_failure=print), "button")
"""
        ended = subprocess.run([sys.executable, "-c", code], check=True, cwd=FOLDER, capture_output=True, text=True)
        self.assertIn("Expected the server before the process ended", ended.stdout)

    def test_belongs_to_the_process_that_was_given_the_conversion(self) -> None:
        queue = ConversionQueue(exit_timeout=0)
        queue.convert(Session(NOBODY, on_failure=lambda _: None), "button")
        child = os.fork()
        if not child:
            os._exit(len(queue))
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)
        self.assertEqual(len(queue), 1)
        queue.close()


if __name__ == "__main__":
    unittest.main()
