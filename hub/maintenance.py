"""What one worker of all does in the background: checkpoints, and forgetting what is old.

A worker and the one that replaces it both do it for a moment: the checkpoints take turns (`hub.store.checkpoints`), and
forgetting is a write like any other.
"""

import asyncio
import logging
from collections.abc import Callable
from functools import partial

from hub.errors import Unavailable
from hub.store import accounts, areas, closing, leaving, locations, log, reviews, search, search_index
from hub.store.database import Database, in_steps

CHECKPOINT_SECONDS = 2.0
FINISH_EVERY = 5
TIDY_EVERY = 150
ERASE_EVERY = 1_800
COMPACT_EVERY = 10_800
STEPS = (locations.forget_expired, areas.forget_old, log.trim, accounts.forget_old_sessions)
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
                    for step in STEPS:
                        await in_steps(self._database, step)
                if rounds % FINISH_EVERY == 1:
                    await self._finish()
                if rounds % ERASE_EVERY == 1:
                    await search_index.add_missing(self._database)
                if rounds % ERASE_EVERY == 0:
                    await in_steps(self._database, search.forget_erased)
                    await self._database.optimize()
                if rounds % COMPACT_EVERY == 0:
                    await self._database.compact()
            except Unavailable as error:
                logger.warning("maintenance has to wait: %s", error)

    async def _finish(self) -> None:
        """Go on where whoever began it has ended, and with what is more than one unit may do."""
        await in_steps(self._database, reviews.follow_on)
        for account in await self._database.read(leaving.unfinished):
            await in_steps(self._database, partial(leaving.go_on, user_id=account))
        for channel in await self._database.read(closing.unfinished):
            await in_steps(self._database, partial(closing.go_on, channel_id=channel))
