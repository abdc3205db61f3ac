"""A process that forks, as servers and queues of jobs do: each side has connections and answers of its own."""

from __future__ import annotations

import os
import unittest
from hashlib import sha1
from typing import List

from sixpack_ab import Failure, Session

from .servers import shared_real

CLIENTS = 1_000
PROCESSES = 4
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
