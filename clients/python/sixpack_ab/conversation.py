"""What a session says to its server, and what it makes of the answers: generators that ask for a step and get its reply.

How to take a step is the only thing in which ``Session`` and ``AsyncSession`` differ.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Dict, Generator, List, Mapping, NamedTuple, Optional, Sequence, TypeVar, Union

from .calls import Call, Fields, Question, Reply, batch_body, batch_replies, batches, knows_no_batches, read
from .deadline import Deadline
from .failure import Failure, is_final
from .http1 import BrokenAnswer
from .visitor import RETRY_PAUSE_S, Visitor

_T = TypeVar("_T")


class Request(NamedTuple):
    """To be sent; its reply goes back into the generator."""

    target: str
    deadline: Deadline
    body: Optional[bytes] = None
    insists: bool = False
    """Is sent to a server that has just been silent, too."""


class Pause(NamedTuple):
    seconds: float


class Forget(NamedTuple):
    """Closes the connections that are kept: one that gave somebody else's answer is out of step."""


Step = Union[Request, Pause, Forget]
Flow = Generator[Step, Optional[Reply], _T]


class Conversation(Visitor):
    """The calls of one client, but for the waiting."""

    def _ask(self, question: Question, deadline: Deadline, known: Optional[Reply] = None) -> Flow[str]:
        """The alternative to show."""
        if not question.asks:
            return question.forced or question.alternatives[0]
        reply = known or (yield Request(question.call.target, deadline))
        alternative, failure = question.answer((yield from self._judge(question.call, reply)))
        if failure:
            self._report(failure)
        return alternative

    def _ask_together(self, asked: Sequence[Question], deadline: Deadline) -> Flow[Dict[int, Reply]]:
        """Replies by the ``id`` of their question; the others have to be asked one by one."""
        replies: List[Reply] = []
        for part in batches(asked) if len(asked) > 1 else []:
            if not self._server.takes_batches:
                break
            reply = yield Request("/batch", deadline, batch_body(part))
            assert reply is not None
            if knows_no_batches(reply):
                self._server.takes_batches = False
                break
            replies += batch_replies(reply, len(part))
        return {id(question): reply for question, reply in zip(asked, replies)}

    def _questions(self, experiments: Mapping[str, Sequence[str]], options: Mapping[str, Any]) -> List[Question]:
        return [self._question(name, names, **options) for name, names in experiments.items()]

    def _convert(
        self, experiment: Optional[str], kpi: Optional[str], value: Union[float, Decimal, None]
    ) -> Flow[bool]:
        """Whether the server has the conversion, after retries."""
        call = self._conversion(experiment, kpi, value)
        return False if call is None else (yield from self._deliver_patiently(call))

    def _link(self, previous_id: str, experiment: Optional[str]) -> Flow[bool]:
        """Whether the server knows that two ids are one person's, after retries."""
        return (yield from self._deliver_patiently(self._linking(previous_id, experiment)))

    def _deliver_patiently(self, call: Call) -> Flow[bool]:
        failure = yield from self._deliver(call)
        for tries in range(self._retries):
            if failure is None or is_final(failure):
                break
            yield Pause(RETRY_PAUSE_S * 2**tries)
            failure = yield from self._deliver(call)
        if failure is not None:
            self._report(failure)
        return failure is None

    def _deliver(self, call: Call) -> Flow[Optional[Failure]]:
        """Sends a conversion or a link once, whatever is known of the server: no page waits for it."""
        reply = yield Request(call.target, Deadline(self._timeout), call.body, insists=True)
        judged = yield from self._judge(call, reply)
        return judged if isinstance(judged, Failure) else None

    def _judge(self, call: Call, reply: Optional[Reply]) -> Flow[Union[Fields, Failure]]:
        assert reply is not None
        judged = call.judge(reply)
        if isinstance(judged, Failure) and judged.code == "bad-answer":
            yield Forget()
        return judged

    def _refused_to_wait(self, request: Request) -> Optional[Reply]:
        """The reply of a server that was silent just now, which nobody waits for again."""
        if request.insists or not self._server.is_silent:
            return None
        return Reply(code="unreachable", message="Expected an answer, got none just now")

    def _answered(self, status: int, body: bytes) -> Reply:
        self._server.answered()
        return read(status, body)

    def _unanswered(self, request: Request, cause: Exception) -> Reply:
        if isinstance(cause, BrokenAnswer):
            return Reply(code="bad-answer", message=str(cause))
        self._server.was_silent(request.deadline.began_at)
        code = "timeout" if isinstance(cause, TimeoutError) else "unreachable"
        return Reply(code=code, message=str(cause))
