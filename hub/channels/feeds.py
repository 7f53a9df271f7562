"""The open feeds of this worker: opened for the first subscriber, closed a while after the last one left."""

import asyncio
from collections.abc import Callable

from hub.channels.broker import Broker
from hub.channels.feed import Feed
from hub.channels.log import EventLog
from hub.events import Head

KEPT_SECONDS = 60
REPLAYS_AT_ONCE = 4
TOPIC = "channel:"


def topic_of(channel: str) -> str:
    """The broker's topic for a channel."""
    return f"{TOPIC}{channel}"


class Feeds:
    """Feeds by channel."""

    def __init__(self, events: EventLog, broker: Broker, clock: Callable[[], float]) -> None:
        self.open: dict[str, Feed] = {}
        self._events = events
        self._broker = broker
        self._clock = clock
        self._replays = asyncio.Semaphore(REPLAYS_AT_ONCE)
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

    def close_idle(self) -> None:
        """Close the feeds that nobody has read for a minute."""
        before = self._clock() - KEPT_SECONDS
        for feed in list(self.open.values()):
            if not feed.attached and feed.empty_since < before:
                self.remove(feed)

    def remove(self, feed: Feed) -> None:
        """Close a feed: nobody reads it, or its channel is no longer there."""
        if self.open.get(feed.channel) is feed:
            del self.open[feed.channel]
            self._broker.unsubscribe(topic_of(feed.channel))
        feed.close()

    def subscribed(self, topic: str) -> None:
        """The broker gives a channel's events from here on: read what was published while nobody listened."""
        if (feed := self.open.get(topic.removeprefix(TOPIC))) is not None:
            feed.fill()

    async def _open(self, channel: str) -> Feed | None:
        page = await self._events.read(channel, 0, 0)
        if page is None:
            return None
        # Nobody waits for the broker: what is published before it listens is read from the log once it does.
        self._broker.subscribe(topic_of(channel))
        head = Head(channel, page.epoch, page.seq, page.mark)
        feed = self.open[channel] = Feed(head, self._events, self._clock, self._replays)
        return feed
