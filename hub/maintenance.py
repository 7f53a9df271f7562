"""What one worker of all does in the background: checkpoints, and forgetting what is old.

A worker and the one that replaces it both do it for a moment: the checkpoints take turns (`hub.store.checkpoints`), and
forgetting is a write like any other.
"""

import asyncio
import logging
from collections.abc import Callable

from hub.errors import Unavailable
from hub.store import accounts, locations, log, search
from hub.store.database import Database

CHECKPOINT_SECONDS = 2.0
TIDY_EVERY = 150
ERASE_EVERY = 1_800
logger = logging.getLogger("hub.maintenance")


class Maintenance:
    """Runs in the worker with index 0 only."""

    def __init__(self, database: Database, worker_index: int) -> None:
        self._database = database
        self._active = worker_index == 0
        self._task: asyncio.Task[None] | None = None

    def start(self, watch: Callable[[asyncio.Task[None]], None]) -> None:
        """Begin, when this is the worker for it; `watch` is told of the task, which must not end by itself."""
        if self._active:
            self._task = asyncio.create_task(self._run())
            watch(self._task)

    async def stop(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        rounds = 0
        while True:
            await asyncio.sleep(CHECKPOINT_SECONDS)
            rounds += 1
            try:
                await self._database.checkpoint()
                if rounds % TIDY_EVERY == 1:
                    await self._database.write(locations.forget_expired)
                    await self._database.write(log.trim)
                    await self._database.write(accounts.forget_old_sessions)
                if rounds % ERASE_EVERY == 0:
                    while await self._database.write(search.forget_erased):
                        pass
            except Unavailable as error:
                logger.warning("maintenance has to wait: %s", error)
