"""A worker's signs of life to its parent, over a pipe: it is ready, its loop turns, its database answers."""

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable

READY = b"1"
LOOP = b"l"
DATABASE = b"d"
BEAT_SECONDS = 0.5


class Heartbeat:
    """Writes to the pipe without ever waiting for its reader."""

    def __init__(self, pipe: int, pulse: Callable[[], Awaitable[None]]) -> None:
        """`pulse` returns when the database's thread has answered."""
        os.set_blocking(pipe, False)
        self._pipe = pipe
        self._pulse = pulse
        self._asked: asyncio.Task[None] | None = None
        self._asks = True

    def say(self, sign: bytes) -> None:
        """Write one sign; a parent of an earlier version reads no longer than until the worker is ready."""
        with contextlib.suppress(BrokenPipeError, BlockingIOError):
            os.write(self._pipe, sign)

    async def run(self) -> None:
        """Beat until cancelled."""
        while True:
            self.say(LOOP)
            if self._asks and (self._asked is None or self._asked.done()):
                self._asked = asyncio.create_task(self._ask())
            await asyncio.sleep(BEAT_SECONDS)

    def stop_asking(self) -> None:
        """Leave the database alone from now on: it is about to be closed."""
        self._asks = False

    async def _ask(self) -> None:
        await self._pulse()
        self.say(DATABASE)
