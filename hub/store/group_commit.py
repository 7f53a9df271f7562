"""Group commit: units of work that wait while others are being committed go together in the next transaction."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from hub import metrics
from hub.errors import Unavailable
from hub.store.database import Announcement, Transaction

T = TypeVar("T")
Unit = Callable[[Transaction], Any]
Waiting = tuple[Unit, "asyncio.Future[Any]"]
Outcome = tuple[Any, BaseException | None]
Batch = tuple[list[Outcome], list[Announcement]]


class GroupCommit:
    """Hands waiting units to `commit` in batches, one batch at a time, in the order in which they came.

    No batch has more than `largest` units. `commit` gives an outcome for each unit and what is to be announced, or
    raises Unavailable for all of them.
    """

    def __init__(
        self,
        commit: Callable[[list[Unit]], Awaitable[Batch]],
        announce: Callable[[Sequence[Announcement]], None],
        largest: int,
    ) -> None:
        self.trouble = ""
        self._largest = largest
        self._commit = commit
        self._announce = announce
        self._waiting: list[Waiting] = []
        self._task: asyncio.Task[None] | None = None

    async def write(self, unit: Callable[[Transaction], T]) -> T:
        """Run `unit` and return its result once it is durable. Raises what it raises, or Unavailable."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((unit, future))
        if self._task is None:
            self._task = asyncio.create_task(self._commit_waiting())
        return await future

    async def finish(self) -> None:
        """Wait until nothing waits."""
        if self._task is not None:
            await self._task

    async def _commit_waiting(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[: self._largest], self._waiting[self._largest :]
                answer(batch, await self._commit_batch([unit for unit, _ in batch]))
        finally:
            self._task = None

    async def _commit_batch(self, units: list[Unit]) -> list[Outcome]:
        try:
            with metrics.commit_seconds.time():
                outcomes, announcements = await self._commit(units)
            self.trouble = ""
        except Unavailable as error:
            self.trouble = error.detail
            return [(None, error)] * len(units)
        metrics.units.inc(sum(failure is None for _, failure in outcomes))
        if announcements:
            self._announce(announcements)
        return outcomes


def answer(batch: Sequence[Waiting], outcomes: Sequence[Outcome]) -> None:
    """Give each of those who wait what became of their unit."""
    for (_, future), (result, failure) in zip(batch, outcomes, strict=True):
        if future.cancelled():
            continue
        if failure is None:
            future.set_result(result)
        else:
            future.set_exception(failure)
