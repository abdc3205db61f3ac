"""What a session says to its server, and what it makes of the answers: generators that ask for a step and get what came of it.

How to take a step is the only thing in which ``Session`` and ``AsyncSession`` differ.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Dict, Generator, List, Mapping, NamedTuple, Optional, Sequence, Tuple, TypeVar, Union

from .calls import Call, Fields, Options, Question, Reply, batch_body, batch_replies, batches, knows_no_batches, read
from .deadline import Deadline
from .failure import Failure, is_final
from .http1 import BrokenAnswer, request_bytes
from .visitor import RETRY_PAUSE_S, Visitor

_T = TypeVar("_T")


class Request(NamedTuple):
    """To be sent; what came goes back into the generator."""

    data: bytes
    deadline: Deadline


class Pause(NamedTuple):
    seconds: float


class Forget(NamedTuple):
    """Closes the connections that are kept: one that gave somebody else's answer is out of step."""


Step = Union[Request, Pause, Forget]
Came = Union[Tuple[int, bytes], OSError, BrokenAnswer, None]
"""Status and body of an answer, or why there was none; ``None`` after a step that is no request."""
Flow = Generator[Step, Came, _T]


class Conversation(Visitor):
    """The calls of one client, but for the waiting."""

    def _participate(self, experiment: str, alternatives: Sequence[str], options: Options) -> Flow[str]:
        """The alternative to show."""
        return (yield from self._ask(self._question(experiment, alternatives, options), self._deadline()))

    def _ask(self, question: Question, deadline: Deadline, known: Optional[Reply] = None) -> Flow[str]:
        """The same where the question is asked already, and perhaps answered."""
        if not question.asks:
            return question.forced or question.alternatives[0]
        reply = known or (yield from self._exchange(question.call.target, deadline))
        alternative, failure = question.answer((yield from self._judge(question.call, reply)))
        if failure:
            self._report(failure)
        return alternative

    def _ask_together(self, questions: Sequence[Question], deadline: Deadline) -> Flow[Dict[int, Reply]]:
        """Replies by the ``id`` of their question; the others have to be asked one by one."""
        asked = [question for question in questions if question.asks]
        replies: List[Reply] = []
        for part in batches(asked) if len(asked) > 1 else []:
            if not self._server.takes_batches:
                break
            reply = yield from self._exchange("/batch", deadline, batch_body(part))
            if knows_no_batches(reply):
                self._server.takes_batches = False
                break
            replies += batch_replies(reply, len(part))
        return {id(question): reply for question, reply in zip(asked, replies)}

    def _questions(self, experiments: Mapping[str, Sequence[str]], options: Options) -> List[Question]:
        return [self._question(name, names, options) for name, names in experiments.items()]

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
        reply = yield from self._exchange(call.target, self._deadline(), call.body, insists=True)
        judged = yield from self._judge(call, reply)
        return judged if isinstance(judged, Failure) else None

    def _judge(self, call: Call, reply: Reply) -> Flow[Union[Fields, Failure]]:
        judged = call.judge(reply)
        if isinstance(judged, Failure) and judged.code == "bad-answer":
            yield Forget()
        return judged

    def _exchange(
        self, target: str, deadline: Deadline, body: Optional[bytes] = None, *, insists: bool = False
    ) -> Flow[Reply]:
        """
        :param insists: is sent also to a server that was silent just now, for which nobody else waits again
        """
        if self._server.is_silent and not insists:
            return Reply(code="unreachable", message="Expected an answer, got none just now, so not asked")
        came = yield Request(request_bytes(self._base, self._path + target, body, self._api_key), deadline)
        if isinstance(came, tuple):
            self._server.answered()
            return read(*came)
        if isinstance(came, BrokenAnswer):
            # By its status, of which a body would not have changed the meaning.
            return Reply(code="bad-answer" if came.status is None else None, status=came.status, message=str(came))
        self._server.was_silent(deadline.began_at)
        return Reply(code="timeout" if isinstance(came, TimeoutError) else "unreachable", message=str(came))

    def _deadline(self) -> Deadline:
        return Deadline(self._timeout)
