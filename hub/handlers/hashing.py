"""Work on passwords, on threads of its own: it takes tens of milliseconds of a core and megabytes each time."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import ParamSpec, TypeVar

from hub.errors import TooManyRequests, Unavailable

P = ParamSpec("P")
T = TypeVar("T")

AT_ONCE = 2
WAITING = 256
WAITING_PER_NETWORK = 64
SLEEPING = 64


class Hashing:
    """A queue with few places: no crowd at the log-in slows other requests, and no network takes all the places."""

    def __init__(self, limits: bool = True) -> None:
        self._limits = limits
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._threads = ThreadPoolExecutor(AT_ONCE, "hub-password")
        self._waiting: Counter[str] = Counter()
        self._sleeping = 0

    @asynccontextmanager
    async def turn(self, network: str, *, known: bool = False) -> AsyncIterator[None]:
        """Wait for a turn. A `known` browser finds a place whatever the others do.

        Raises TooManyRequests, or Unavailable, when too many wait.
        """
        if self._limits and self._waiting[network] >= WAITING_PER_NETWORK:
            raise TooManyRequests("Too many log-ins at once from your network: try again.", retry_after=5)
        if self._limits and not known and self._waiting.total() >= WAITING:
            raise Unavailable("Too many log in at this moment: try again in a few seconds.", retry_after=5)
        self._waiting[network] += 1
        try:
            async with self._turns:
                yield
        finally:
            self._waiting[network] -= 1
            if not self._waiting[network]:
                del self._waiting[network]

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do `work` on a thread; within a turn."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: work(*args, **kwargs))

    async def slow_down(self, seconds: float) -> None:
        """Wait, unless so many do already that waiting itself would be a burden."""
        if seconds <= 0 or self._sleeping >= SLEEPING:
            return
        self._sleeping += 1
        try:
            await asyncio.sleep(seconds)
        finally:
            self._sleeping -= 1

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False, cancel_futures=True)
