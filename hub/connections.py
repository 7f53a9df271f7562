"""The HTTP connections of a worker: who keeps it waiting without end is let go, in a drain sooner than otherwise."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum, auto
from typing import Protocol

LOOK_SECONDS = 1.0
DRAIN_LOOK_SECONDS = 0.05
STALLED_SECONDS = 2.0
ENDING_SECONDS = 0.5
log = logging.getLogger("hub.server")


class Debt(Enum):
    """What a client may owe: the rest of a request's head or body, or to read its answer."""

    HEAD = auto()
    BODY = auto()
    ANSWER = auto()


SECONDS = {Debt.HEAD: 30.0, Debt.BODY: 30.0, Debt.ANSWER: 60.0}


class Connection(Protocol):
    """One connection that requests come over."""

    @property
    def request(self) -> int:
        """Which request of this connection is under way."""

    def debt(self) -> Debt | None:
        """What the client owes at the moment: the rest of a request, or to read its answer."""

    @property
    def progress(self) -> tuple[int, int]:
        """Changes whenever the client has sent or read something."""

    async def time_out(self) -> None:
        """End a connection whose client keeps it waiting."""

    def abort(self) -> None:
        """End it at once."""


class _Held:
    """A connection, its task, and what it owed when it was looked at last."""

    __slots__ = ("connection", "owes", "owes_since", "stalled", "stalled_since", "task")

    def __init__(self, connection: Connection, task: "asyncio.Task[object]") -> None:
        self.connection = connection
        self.task = task
        self.owes: object = None
        self.owes_since = 0.0
        self.stalled: object = None
        self.stalled_since = 0.0

    def overdue(self, now: float) -> bool:
        """Whether the client has owed the same thing for too long, however much of it came meanwhile."""
        debt = self.connection.debt()
        owes = None if debt is None else (debt, self.connection.request)
        if owes != self.owes:
            self.owes, self.owes_since = owes, now
        return debt is not None and now - self.owes_since >= SECONDS[debt]

    def is_stalled(self, now: float) -> bool:
        """Whether the client owes something, and nothing of it has come for a while."""
        debt = self.connection.debt()
        progress = None if debt is None else (debt, self.connection.progress)
        if progress != self.stalled:
            self.stalled, self.stalled_since = progress, now
        return debt is not None and now - self.stalled_since >= STALLED_SECONDS


class Connections:
    """All connections of a worker that were not taken over by a websocket."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._held: set[_Held] = set()
        self._ending: set[asyncio.Task[None]] = set()

    @contextmanager
    def holding(self, connection: Connection) -> Iterator[None]:
        """Watch over a connection while the current task serves it."""
        task = asyncio.current_task()
        assert task is not None
        held = _Held(connection, task)
        self._held.add(held)
        try:
            yield
        finally:
            self._held.discard(held)

    async def patrol(self, also: Callable[[], None]) -> None:
        """Once a second, end what is overdue, and do `also`."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            also()
            self.look()

    def look(self) -> None:
        """End the connections whose clients are overdue."""
        now = self._clock()
        for held in self._held:
            if held.overdue(now):
                held.owes_since = now
                task = asyncio.create_task(held.connection.time_out())
                self._ending.add(task)
                task.add_done_callback(self._ending.discard)

    async def end(self, deadline: float) -> None:
        """Let requests finish until `deadline`, but wait for no client that has stopped sending or reading."""
        while self._held and (now := self._clock()) < deadline:
            for held in self._held:
                if held.is_stalled(now):
                    held.connection.abort()
            await asyncio.wait({held.task for held in self._held}, timeout=min(DRAIN_LOOK_SECONDS, deadline - now))
        if not self._held:
            return
        log.warning("%d requests were not finished at the end of the drain: ended", len(self._held))
        unfinished = {held.task for held in self._held}
        for held in list(self._held):
            held.connection.abort()
            held.task.cancel()
        await asyncio.wait(unfinished, timeout=ENDING_SECONDS)
