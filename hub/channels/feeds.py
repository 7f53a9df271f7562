"""The open feeds of this worker: opened for the first subscriber, closed a while after the last one left."""

import asyncio
from collections.abc import Callable

from hub.channels.broker import Broker
from hub.channels.feed import Feed
from hub.channels.log import EventLog

KEPT_SECONDS = 60


def topic_of(channel: str) -> str:
    """The broker's topic for a channel."""
    return f"channel:{channel}"


class Feeds:
    """Feeds by channel."""

    def __init__(self, events: EventLog, broker: Broker, clock: Callable[[], float]) -> None:
        self.open: dict[str, Feed] = {}
        self._events = events
        self._broker = broker
        self._clock = clock
        self._opening: dict[str, asyncio.Task[Feed | None]] = {}

    async def get(self, channel: str) -> Feed | None:
        """The channel's feed, None for an unknown channel. Raises Unavailable."""
        feed = self.open.get(channel)
        if feed is not None:
            return feed
        task = self._opening.get(channel)
        if task is None:
            task = self._opening[channel] = asyncio.create_task(self._open(channel))
            task.add_done_callback(lambda _: self._opening.pop(channel, None))
        return await asyncio.shield(task)

    async def close_idle(self) -> None:
        """Close the feeds that nobody has read for a minute."""
        before = self._clock() - KEPT_SECONDS
        idle = [slug for slug, feed in self.open.items() if not feed.attached and feed.empty_since < before]
        for channel in idle:
            self.open.pop(channel).close()
            await self._broker.unsubscribe(topic_of(channel))

    async def remove(self, feed: Feed) -> None:
        """Close the feed of a channel that is no longer there."""
        if self.open.get(feed.channel) is feed:
            del self.open[feed.channel]
            await self._broker.unsubscribe(topic_of(feed.channel))
        feed.close()

    async def _open(self, channel: str) -> Feed | None:
        # Subscribed before the head is read: what is written in between arrives, what came before is in the log.
        page = await self._events.read(channel, 0, 0)
        if page is None:
            return None
        await self._broker.subscribe(topic_of(channel))
        page = await self._events.read(channel, 0, 0)
        if page is None:
            return None
        feed = self.open[channel] = Feed(channel, page.epoch, page.seq, self._events, self._clock)
        return feed
