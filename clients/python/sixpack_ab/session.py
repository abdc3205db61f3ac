"""A session: one client of the tests, and the calls it makes. docs/client-spec.md is the contract."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any, Dict, List, Mapping, Optional, Sequence, Union

from . import transport
from .calls import (
    Call,
    Fields,
    Question,
    Reply,
    batch_body,
    batch_replies,
    batches,
    knows_no_batches,
    read,
)
from .deadline import Deadline
from .failure import Failure, is_final
from .http1 import BrokenAnswer
from .visitor import RETRY_PAUSE_S, Visitor


class Session(Visitor):
    """One client, whose calls wait for the server's answer, at most ``timeout`` seconds each."""

    def participate(
        self,
        experiment: str,
        alternatives: Sequence[str],
        *,
        traffic_fraction: Optional[float] = None,
        weights: Optional[Sequence[float]] = None,
        prefetch: bool = False,
        force: Optional[str] = None,
        record_force: bool = False,
    ) -> str:
        """The alternative this client gets; the first one, the control, on any failure.

        :param traffic_fraction: share of clients that take part, in (0, 1]; ``None`` leaves the stored one alone
        :param weights: one per alternative; they count when the experiment is made
        :param prefetch: asks without taking part
        :param force: the alternative to return, without a request unless ``record_force``; ignored when it isn't one
        :raises ValueError: for arguments that break the rules, never for what happens on the network
        """
        question = self._question(
            experiment,
            alternatives,
            traffic_fraction=traffic_fraction,
            weights=weights,
            prefetch=prefetch,
            force=force,
            record_force=record_force,
        )
        return self._ask(question, Deadline(self._timeout))

    def participate_all(self, experiments: Mapping[str, Sequence[str]], **options: Any) -> Dict[str, str]:
        """What ``participate`` would return for each experiment, in one request and one time-out.

        :param options: those of ``participate``, for all of them
        """
        questions = [self._question(name, names, **options) for name, names in experiments.items()]
        deadline = Deadline(self._timeout)
        asked = [question for question in questions if question.asks]
        replies: List[Reply] = []
        for part in batches(asked) if len(asked) > 1 else []:
            if not self._server.takes_batches:
                break
            reply = self._send("/batch", deadline, batch_body(part))
            if knows_no_batches(reply):
                self._server.takes_batches = False
                break
            replies += batch_replies(reply, len(part))
        known = {id(question): reply for question, reply in zip(asked, replies)}
        return {name: self._ask(one, deadline, known.get(id(one))) for name, one in zip(experiments, questions)}

    def convert(
        self, experiment: Optional[str], kpi: Optional[str] = None, value: Union[float, Decimal, None] = None
    ) -> bool:
        """Whether the server has the conversion, after retries. Without experiment it counts on every one of this client.
        Where the alternative was forced, and not recorded, nothing is sent.

        :raises ValueError: for arguments that break the rules, never for what happens on the network
        """
        call = self._conversion(experiment, kpi, value)
        if call is None:
            return False
        failure = deliver(self, call)
        for tries in range(self._retries):
            if failure is None or is_final(failure):
                break
            time.sleep(RETRY_PAUSE_S * 2**tries)
            failure = deliver(self, call)
        if failure is not None:
            self._report(failure)
        return failure is None

    def _ask(self, question: Question, deadline: Deadline, known: Optional[Reply] = None) -> str:
        if not question.asks:
            return question.forced or question.alternatives[0]
        reply = known or self._send(question.call.target, deadline)
        alternative, failure = question.answer(_judge(self, question.call, reply))
        if failure:
            self._report(failure)
        return alternative

    def _send(self, target: str, deadline: Deadline, body: Optional[bytes] = None) -> Reply:
        if self._server.is_silent:
            return Reply(code="unreachable", message="Expected an answer, got none just now")
        return _send(self, target, deadline, body)


def deliver(visitor: Visitor, call: Call) -> Optional[Failure]:
    """Sends a conversion once, whatever is known of the server: no page waits for it."""
    judged = _judge(visitor, call, _send(visitor, call.target, Deadline(visitor._timeout), None))
    return judged if isinstance(judged, Failure) else None


def _judge(visitor: Visitor, call: Call, reply: Reply) -> Union[Fields, Failure]:
    judged = call.judge(reply)
    if isinstance(judged, Failure) and judged.code == "bad-answer":
        transport.forget(visitor._base)
    return judged


def _send(visitor: Visitor, target: str, deadline: Deadline, body: Optional[bytes]) -> Reply:
    server = visitor._server
    try:
        status, answer = transport.send(visitor._base, visitor._path + target, body, deadline)
    except TimeoutError as cause:
        server.was_silent(deadline.began_at)
        return Reply(code="timeout", message=str(cause))
    except OSError as cause:
        server.was_silent(deadline.began_at)
        return Reply(code="unreachable", message=str(cause))
    except BrokenAnswer as cause:
        return Reply(code="bad-answer", message=str(cause))
    server.answered()
    return read(status, answer)
