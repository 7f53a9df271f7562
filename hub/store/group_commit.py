"""Group commit: units of work that wait while others are being committed go together in the next transaction.

A unit is run only while somebody can still be waiting for it: not after its asker has gone, and not after a wait that
no client has the patience for (`hub.waiting`).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from hub import metrics
from hub.errors import Unavailable
from hub.store.database import Announcement, Transaction
from hub.waiting import BEAT_SECONDS, LONGEST_SECONDS, Pulse, asked_at

T = TypeVar("T")
Unit = Callable[[Transaction], Any]
Outcome = tuple[Any, BaseException | None]
Batch = tuple[list[Outcome], list[Announcement]]
_TOO_LATE = "This waited too long to be done now. Nothing was changed; look at what is there, and try again."
_UNSURE = "The database takes too long to answer. Look whether this was saved before you try again."


class Waiting:
    """A unit, and since when a request waits for it (monotonic clock); None for what nobody waits for."""

    __slots__ = ("_pulse", "_unit", "future", "since")

    def __init__(self, unit: Unit, since: float | None, pulse: Pulse) -> None:
        self.future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.since = since
        self._unit = unit
        self._pulse = pulse

    def run(self, tx: Transaction) -> Any:
        """Run the unit, on the database's thread. Raises what it raises, or Unavailable when it is too late for it."""
        if self.future.done() or (self.since is not None and self._pulse.too_late(self.since)):
            raise Unavailable(_TOO_LATE, retry_after=1)
        return self._unit(tx)


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
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.trouble = ""
        self._largest = largest
        self._commit = commit
        self._announce = announce
        self._clock = clock
        self._pulse = Pulse(clock)
        self._waiting: list[Waiting] = []
        self._running: tuple[float, list[Waiting]] = (0.0, [])
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to watch for standstills of the process, and for units that wait too long."""
        self._look()

    async def write(self, unit: Callable[[Transaction], T]) -> T:
        """Run `unit` and return its result once it is durable. Raises what it raises, or Unavailable."""
        waiting = Waiting(unit, asked_at(), self._pulse)
        self._waiting.append(waiting)
        if self._task is None:
            self._task = asyncio.create_task(self._commit_waiting())
        result: T = await waiting.future
        return result

    async def finish(self) -> None:
        """Wait until nothing waits."""
        if self._task is not None:
            await self._task
        if self._timer is not None:
            self._timer.cancel()
        self._pulse.stop()

    def _look(self) -> None:
        self._pulse.beat()
        self._give_up(self._waiting, LONGEST_SECONDS, _TOO_LATE)
        self._waiting = [one for one in self._waiting if not one.future.done()]
        begun, units = self._running
        if units and self._clock() - begun > LONGEST_SECONDS:
            self.trouble = _UNSURE
            self._give_up(units, 0.0, _UNSURE)
        self._timer = asyncio.get_running_loop().call_later(BEAT_SECONDS, self._look)

    def _give_up(self, units: list[Waiting], seconds: float, why: str) -> None:
        now = self._clock()
        for one in units:
            if one.since is not None and not one.future.done() and now - one.since > seconds:
                one.future.set_exception(Unavailable(why, retry_after=2))

    async def _commit_waiting(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[: self._largest], self._waiting[self._largest :]
                batch = [one for one in batch if not one.future.done()]
                if batch:
                    self._running = (self._clock(), batch)
                    answer([one.future for one in batch], await self._commit_batch([one.run for one in batch]))
        finally:
            self._running = (0.0, [])
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


def answer(futures: Sequence["asyncio.Future[Any]"], outcomes: Sequence[Outcome]) -> None:
    """Give each of those who wait what became of their unit."""
    for future, (result, failure) in zip(futures, outcomes, strict=True):
        if future.done():
            continue
        if failure is None:
            future.set_result(result)
        else:
            future.set_exception(failure)
