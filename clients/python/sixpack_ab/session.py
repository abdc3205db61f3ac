"""A session: one client of the tests, and the calls it makes. docs/client-spec.md is the contract."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any, Dict, Mapping, Optional, Sequence, TypeVar, Union

from . import transport
from .calls import Call, Options
from .conversation import Came, Conversation, Flow, Pause, Request, Step
from .failure import Failure
from .http1 import BrokenAnswer

_T = TypeVar("_T")


class Session(Conversation):
    """One client, whose calls wait for the server's answer, at most ``timeout`` seconds each."""

    def participate(
        self,
        experiment: str,
        alternatives: Sequence[str],
        *,
        traffic_fraction: Optional[float] = None,
        weights: Optional[Sequence[float]] = None,
        covariate: Union[float, Decimal, None] = None,
        prefetch: bool = False,
        force: Optional[str] = None,
        record_force: bool = False,
    ) -> str:
        """The alternative this client gets; the first one, the control, on any failure.

        :param traffic_fraction: share of clients that take part, in (0, 1]; ``None`` leaves the stored one alone
        :param weights: one per alternative; they count when the experiment is made
        :param covariate: a number about the client from before the test, such as its orders of the last 90 days, from
            -1e12 to 1e12; the server keeps that of the first participation. ``None`` where nothing is known
        :param prefetch: asks without taking part
        :param force: the alternative to return, without a request unless ``record_force``; ignored when it isn't one
        :raises ValueError: for arguments that break the rules, never for what happens on the network
        """
        options = Options(traffic_fraction, weights, covariate, prefetch, force, record_force)
        return self._run(self._participate(experiment, alternatives, options))

    def participate_all(self, experiments: Mapping[str, Sequence[str]], **options: Any) -> Dict[str, str]:
        """What ``participate`` would return for each experiment, in one request and one time-out.

        :param options: those of ``participate``, for all of them
        """
        questions = self._questions(experiments, Options(**options))
        deadline = self._deadline()
        known = self._run(self._ask_together(questions, deadline))
        answers = [self._run(self._ask(one, deadline, known.get(id(one)))) for one in questions]
        return dict(zip(experiments, answers))

    def convert(
        self, experiment: Optional[str], kpi: Optional[str] = None, value: Union[float, Decimal, None] = None
    ) -> bool:
        """Whether the server has the conversion, after retries. Without experiment it counts on every one of this client.
        Where the alternative was forced, and not recorded, nothing is sent.

        :raises ValueError: for arguments that break the rules, never for what happens on the network
        """
        return self._run(self._convert(experiment, kpi, value))

    def link(self, previous_id: str, experiment: Optional[str] = None) -> bool:
        """After a login: the id of this session and the one that the visitor had before are one person's. Whether the
        server has it, after retries. Without experiment that holds in every one that knows one of the two.

        :raises ValueError: for arguments that break the rules, never for what happens on the network
        """
        return self._run(self._link(previous_id, experiment))

    def _run(self, flow: Flow[_T]) -> _T:
        return run(self, flow)


def deliver(conversation: Conversation, call: Call) -> Optional[Failure]:
    """Sends a conversion of any session once, from a thread that may wait."""
    return run(conversation, conversation._deliver(call))


def run(conversation: Conversation, flow: Flow[_T]) -> _T:
    came: Came = None
    while True:
        try:
            step = flow.send(came)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        came = _take(conversation, step)


def _take(conversation: Conversation, step: Step) -> Came:
    if isinstance(step, Request):
        try:
            return transport.send(conversation._base, step.data, step.deadline)
        except (OSError, BrokenAnswer) as cause:
            return cause
    if isinstance(step, Pause):
        time.sleep(step.seconds)
    else:
        transport.forget(conversation._base)
    return None
