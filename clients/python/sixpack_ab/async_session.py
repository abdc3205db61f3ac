"""A session for asyncio: the same calls, awaited. Nothing of it blocks the loop."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any, Dict, List, Mapping, Optional, Sequence, Union

from . import async_transport as transport
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


class AsyncSession(Visitor):
    """One client, whose calls are awaited: an answer comes within ``timeout`` seconds each. ``Session`` says what they do."""

    async def participate(
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
        """The alternative this client gets; the first one, the control, on any failure."""
        question = self._question(
            experiment,
            alternatives,
            traffic_fraction=traffic_fraction,
            weights=weights,
            prefetch=prefetch,
            force=force,
            record_force=record_force,
        )
        return await self._ask(question, Deadline(self._timeout))

    async def participate_all(self, experiments: Mapping[str, Sequence[str]], **options: Any) -> Dict[str, str]:
        """What ``participate`` would return for each experiment, in one request and one time-out."""
        questions = [self._question(name, names, **options) for name, names in experiments.items()]
        deadline = Deadline(self._timeout)
        asked = [question for question in questions if question.asks]
        replies: List[Reply] = []
        for part in batches(asked) if len(asked) > 1 else []:
            if not self._server.takes_batches:
                break
            reply = await self._send("/batch", deadline, batch_body(part))
            if knows_no_batches(reply):
                self._server.takes_batches = False
                break
            replies += batch_replies(reply, len(part))
        known = {id(question): reply for question, reply in zip(asked, replies)}
        # Those that have to be asked one by one are asked at the same time.
        answers = await asyncio.gather(*(self._ask(one, deadline, known.get(id(one))) for one in questions))
        return dict(zip(experiments, answers))

    async def convert(
        self, experiment: Optional[str], kpi: Optional[str] = None, value: Union[float, Decimal, None] = None
    ) -> bool:
        """Whether the server has the conversion, after retries. Without experiment it counts on every one of this client."""
        call = self._conversion(experiment, kpi, value)
        if call is None:
            return False
        answer = await self._deliver(call)
        for tries in range(self._retries):
            if not isinstance(answer, Failure) or is_final(answer):
                break
            await asyncio.sleep(RETRY_PAUSE_S * 2**tries)
            answer = await self._deliver(call)
        if not isinstance(answer, Failure):
            return True
        self._report(answer)
        return False

    @staticmethod
    async def close_idle() -> None:
        """Closes the connections that this event loop keeps, before it ends."""
        await transport.close_idle()

    async def _ask(self, question: Question, deadline: Deadline, known: Optional[Reply] = None) -> str:
        if not question.asks:
            return question.forced or question.alternatives[0]
        reply = known or await self._send(question.call.target, deadline)
        alternative, failure = question.answer(self._judge(question.call, reply))
        if failure:
            self._report(failure)
        return alternative

    async def _deliver(self, call: Call) -> Union[Fields, Failure]:
        return self._judge(call, await self._send(call.target, Deadline(self._timeout), insists=True))

    def _judge(self, call: Call, reply: Reply) -> Union[Fields, Failure]:
        judged = call.judge(reply)
        if isinstance(judged, Failure) and judged.code == "bad-answer":
            transport.forget(self._base)
        return judged

    async def _send(self, target: str, deadline: Deadline, body: Optional[bytes] = None, insists: bool = False) -> Reply:
        if self._server.is_silent and not insists:
            return Reply(code="unreachable", message="Expected an answer, got none just now")
        try:
            status, answer = await transport.send(self._base, self._path + target, body, deadline)
        except TimeoutError as cause:
            self._server.was_silent(deadline.began_at)
            return Reply(code="timeout", message=str(cause))
        except OSError as cause:
            self._server.was_silent(deadline.began_at)
            return Reply(code="unreachable", message=str(cause))
        except BrokenAnswer as cause:
            return Reply(code="bad-answer", message=str(cause))
        self._server.answered()
        return read(status, answer)
