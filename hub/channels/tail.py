"""The feed's heart when the broker is away: once a second it compares every open feed with the log's head."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from hub.channels.feed import Feed
from hub.channels.log import EventLog
from hub.errors import Unavailable

INTERVAL_SECONDS = 1.0
log = logging.getLogger("hub.tail")


class Tail:
    """Looks at the log's heads, once a second and when it is nudged."""

    def __init__(
        self,
        events: EventLog,
        feeds: Mapping[str, Feed],
        each_time: Callable[[], Awaitable[None]],
        deleted: Callable[[Feed], None],
    ) -> None:
        self._events = events
        self._feeds = feeds
        self._each_time = each_time
        self._deleted = deleted
        self._nudged = asyncio.Event()
        self._failing = False

    def nudge(self) -> None:
        """Look now: something may have been missed."""
        self._nudged.set()

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                async with asyncio.timeout(INTERVAL_SECONDS):
                    await self._nudged.wait()
            except TimeoutError:
                pass
            self._nudged.clear()
            await self._look()

    async def _look(self) -> None:
        try:
            await self._each_time()
            # Only feeds from before the reading: the channel of a newer one may be newer than what was read.
            feeds = {slug: (feed, feed.seq) for slug, feed in self._feeds.items()}
            heads = {head.slug: head for head in await self._events.heads()} if feeds else {}
            for slug, (feed, was_at) in feeds.items():
                if slug in heads:
                    feed.check(heads[slug], was_at)
                else:
                    self._deleted(feed)
            self._failing = False
        except Unavailable as error:
            if not self._failing:
                log.warning("the log cannot be read now: %s", error)
            self._failing = True
