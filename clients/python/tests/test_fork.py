"""A process that forks, as servers and queues of jobs do: each side has connections and answers of its own."""

from __future__ import annotations

import os
import sys
import threading
import unittest
from hashlib import sha1
from typing import List

from sixpack_ab import ConversionQueue, Failure, Session

from .servers import shared_real

CLIENTS = 1_000
PROCESSES = 4
THREADS = 8
ALTERNATIVES = [f"a{number}" for number in range(20)]


class ForkTest(unittest.TestCase):
    def test_gives_everybody_their_own_alternative_in_every_process(self) -> None:
        server = shared_real()
        self.assertEqual(wrong_of(server.url, ["first"]), 0)
        parts = [[f"client-{number}" for number in range(start, CLIENTS, PROCESSES)] for start in range(PROCESSES)]
        children = [fork(server.url, part) for part in parts[1:]]
        wrong = wrong_of(server.url, parts[0])
        wrong += sum(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children)
        self.assertEqual(wrong, 0)
        self.assertEqual(server.json("/experiments/forks")["total_participants"], CLIENTS + 1)


    def test_loses_no_conversion_that_threads_of_a_child_give_at_once(self) -> None:
        queue = ConversionQueue(exit_timeout=0)
        session = Session("http://127.0.0.1:9", on_failure=lambda failure: None)
        lost = 0
        for _ in range(50):
            child = os.fork()
            if not child:
                os._exit(lost_of_threads(queue, session))
            lost += os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        self.assertEqual(lost, 0)


def lost_of_threads(queue: ConversionQueue, session: Session) -> int:
    # As often as it goes, so that threads meet.
    sys.setswitchinterval(1e-6)
    start = threading.Barrier(THREADS)

    def give() -> None:
        start.wait()
        queue.convert(session, "button")

    threads = [threading.Thread(target=give) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return THREADS - len(queue)


def fork(url: str, clients: List[str]) -> int:
    child = os.fork()
    if child:
        return child
    os._exit(min(wrong_of(url, clients), 255))


def wrong_of(url: str, clients: List[str]) -> int:
    """How many met a failure, or an alternative that is not theirs."""
    failures: List[Failure] = []
    wrong = 0
    for client in clients:
        session = Session(url, client_id=client, timeout=60, on_failure=failures.append)
        answer = session.participate("forks", ALTERNATIVES)
        wrong += answer != ALTERNATIVES[expected(client)]
    return wrong + len(failures)


def expected(client: str) -> int:
    """docs/client-spec.md, 9.1: uniform assignment."""
    return int(sha1(f"forks.{client}".encode()).hexdigest()[:7], 16) % len(ALTERNATIVES)


if __name__ == "__main__":
    unittest.main()
