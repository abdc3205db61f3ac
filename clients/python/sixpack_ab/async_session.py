"""A session for asyncio: the same calls, awaited. Nothing of it blocks the loop."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any, Coroutine, Dict, Mapping, Optional, Sequence, Set, TypeVar, Union

from . import async_transport as transport
from .calls import Options
from .conversation import Came, Conversation, Flow, Pause, Request, Step
from .failure import Failure
from .http1 import BrokenAnswer

_T = TypeVar("_T")

_HOOKS: "Set[asyncio.Future[Any]]" = set()
"""Those under way: a loop keeps none of its tasks alive."""


def _run_hook(hook: Coroutine[Any, Any, Any]) -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(hook)  # In the thread of a queue, which may wait.
        return
    task = asyncio.ensure_future(hook)
    _HOOKS.add(task)
    task.add_done_callback(_forget_hook)


def _forget_hook(task: "asyncio.Future[Any]") -> None:
    _HOOKS.discard(task)
    if not task.cancelled():
        task.exception()  # Asked for, so that it is not told to the whole program.


class AsyncSession(Conversation):
    """One client, whose calls are awaited: an answer comes within ``timeout`` seconds each. ``Session`` says what they do."""

    async def participate(
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
        """The alternative this client gets; the first one, the control, on any failure."""
        options = Options(traffic_fraction, weights, covariate, prefetch, force, record_force)
        return await self._run(self._participate(experiment, alternatives, options))

    async def participate_all(self, experiments: Mapping[str, Sequence[str]], **options: Any) -> Dict[str, str]:
        """What ``participate`` would return for each experiment, in one request and one time-out."""
        questions = self._questions(experiments, Options(**options))
        deadline = self._deadline()
        known = await self._run(self._ask_together(questions, deadline))
        # Those that have to be asked one by one are asked at the same time.
        answers = await asyncio.gather(*(self._run(self._ask(one, deadline, known.get(id(one)))) for one in questions))
        return dict(zip(experiments, answers))

    async def convert(
        self, experiment: Optional[str], kpi: Optional[str] = None, value: Union[float, Decimal, None] = None
    ) -> bool:
        """Whether the server has the conversion, after retries. Without experiment it counts on every one of this client."""
        return await self._run(self._convert(experiment, kpi, value))

    async def link(self, previous_id: str, experiment: Optional[str] = None) -> bool:
        """After a login: the id of this session and the one that the visitor had before are one person's."""
        return await self._run(self._link(previous_id, experiment))

    @staticmethod
    async def close_idle() -> None:
        """Closes the connections that this event loop keeps, before it ends."""
        await transport.close_idle()

    def _report(self, failure: Failure) -> None:
        """A hook may be a coroutine function, too: nobody waits for what it does."""
        try:
            result = self._on_failure(failure)
            if asyncio.iscoroutine(result):
                _run_hook(result)
        except Exception:  # noqa: BLE001 - a hook that raises must not change what the call returns
            pass

    async def _run(self, flow: Flow[_T]) -> _T:
        came: Came = None
        while True:
            try:
                step = flow.send(came)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            came = await self._take(step)

    async def _take(self, step: Step) -> Came:
        if isinstance(step, Request):
            try:
                return await transport.send(self._base, step.data, step.deadline)
            except (OSError, BrokenAnswer) as cause:
                return cause
        if isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
        else:
            transport.forget(self._base)
        return None
