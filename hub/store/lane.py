"""A way of their own for reads whose cost grows with what is stored, so that they hold up nobody else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hub.errors import Unavailable

WAITING = 24
SECONDS = 2.0


class Lane:
    """Lets few go at once, and a bounded number wait for their turn, each for at most `SECONDS`."""

    def __init__(self, width: int) -> None:
        self._turns = asyncio.Semaphore(width)
        self._waiting = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """One's turn. Raises Unavailable where too many wait for theirs, or for too long."""
        if self._waiting >= WAITING:
            raise _full()
        self._waiting += 1
        try:
            async with asyncio.timeout(SECONDS):
                await self._turns.acquire()
        except TimeoutError:
            raise _full() from None
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._turns.release()


def _full() -> Unavailable:
    return Unavailable("Many are searching just now. Try again in a moment.", retry_after=2)


def too_long() -> Unavailable:
    """The error for a read that did not end in time."""
    return Unavailable("This takes too long to find. Try rarer words, or try again in a moment.", retry_after=2)
