"""How a subscriber gets what it missed: from the frames in memory, or page by page from the log.

A replay that cannot be given in full is not pretended: the subscriber is told to fetch the history.
"""

import asyncio
import logging
from collections.abc import Coroutine
from typing import TYPE_CHECKING

from msgspec import Struct

from hub.channels.frames import text_frame
from hub.channels.log import EventLog
from hub.errors import Unavailable
from hub.marks import contradict

if TYPE_CHECKING:
    from hub.channels.feed import Feed
    from hub.channels.subscriber import Subscriber

MAX_MISSED = 1_000
MAX_MISSED_BYTES = 1024 * 1024
PAGE = 250
PAGE_BYTES = 64 * 1024
PAGES = 8
log = logging.getLogger("hub.feed")


class Missed(Struct, frozen=True):
    """Frames of the log in one piece, up to `last`; `before` is the mark that the first one follows.

    It is `too_much` when those that follow are not worth sending.
    """

    data: bytes
    before: str
    last: int
    too_much: bool


class Recovery:
    """Brings the subscribers of one feed to its head, when they come and when they have fallen behind."""

    def __init__(self, feed: "Feed", events: EventLog, turns: asyncio.Semaphore) -> None:
        self._feed = feed
        self._events = events
        self._turns = turns
        self._pages: dict[tuple[str, int], Missed] = {}
        self._reading: dict[tuple[str, int], asyncio.Task[Missed | None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def close(self) -> None:
        """Stop reading the log."""
        for task in (*self._tasks, *self._reading.values()):
            task.cancel()

    def forget(self) -> None:
        """Forget the pages that were read: the log is another now, or those who wanted them have them."""
        self._pages.clear()

    def join(self, subscriber: "Subscriber", since: int | None, epoch: str | None, mark: str = "") -> None:
        """Welcome a subscriber and give it exactly what it missed, or say that this cannot be given.

        `mark` is what the client knows of `since`, empty for one that knows no marks. What a client claims is never
        reason to do more than to let it fetch the history.
        """
        self._feed.flush()
        if since is not None and epoch == self._feed.epoch and since > self._feed.seq:
            self._start(self._welcome_one_ahead(subscriber, since, epoch, mark))
        else:
            self._welcome(subscriber, since, epoch, mark)

    def catch_up(self, subscriber: "Subscriber") -> None:
        """Go on where a subscriber was, as far as it reads; at the head it is live again."""
        feed = self._feed
        feed.flush()
        while not subscriber.paused:
            if subscriber.seq == feed.seq:
                feed.send_latest(subscriber)
                feed.go_live(subscriber)
                return
            replay = feed.ring.after(subscriber.seq)
            if replay is None:
                self._start(self._replay_from_log(subscriber))
                return
            subscriber.send(replay)
            subscriber.seq = feed.seq

    def _welcome(self, subscriber: "Subscriber", since: int | None, epoch: str | None, mark: str) -> None:
        feed = self._feed
        if (
            since is None
            or epoch != feed.epoch
            or not 0 <= feed.seq - since <= MAX_MISSED
            or contradict(feed.ring.mark_at(since), mark)
        ):
            subscriber.welcome(recovered=False)
            feed.go_live(subscriber)
            return
        replay = feed.ring.after(since)
        if replay is None:
            self._start(self._welcome_from_log(subscriber, since, epoch, mark))
            return
        subscriber.welcome(recovered=True, replay=replay)
        feed.go_live(subscriber)

    async def _welcome_one_ahead(self, subscriber: "Subscriber", since: int, epoch: str, mark: str) -> None:
        """Welcome a client that heard of events from another worker before this one did."""
        # Twice, because a read under way may have begun before the event was there.
        for _ in range(2):
            if since > self._feed.seq:
                await asyncio.wait([self._feed.fill()])
        if subscriber.is_open:
            self._feed.flush()
            self._welcome(subscriber, since, epoch, mark)

    async def _welcome_from_log(self, subscriber: "Subscriber", since: int, epoch: str, mark: str) -> None:
        missed = await self._missed(since, epoch)
        if not subscriber.is_open:
            return
        if missed is None or missed.too_much or contradict(missed.before, mark):
            self._feed.flush()
            subscriber.welcome(recovered=False)
            self._feed.go_live(subscriber)
            return
        subscriber.welcome(recovered=True)
        self._feed.set_behind(subscriber, since, self._feed.latest_version)
        self._give(subscriber, missed)

    async def _replay_from_log(self, subscriber: "Subscriber") -> None:
        if subscriber.reading_log:
            return
        subscriber.reading_log = True
        was_at = subscriber.seq
        try:
            missed = await self._missed(was_at, self._feed.epoch)
        finally:
            subscriber.reading_log = False
        if not subscriber.is_open or subscriber not in self._feed.behind:
            return
        if subscriber.seq != was_at:
            self.catch_up(subscriber)
        elif missed is None or self._feed.seq - was_at > MAX_MISSED:
            self._feed.resync(subscriber, "too much was missed")
        else:
            self._give(subscriber, missed)

    def _give(self, subscriber: "Subscriber", missed: Missed) -> None:
        subscriber.send(missed.data)
        subscriber.seq = missed.last
        self.catch_up(subscriber)

    async def _missed(self, seq: int, epoch: str) -> Missed | None:
        """What follows `seq` in this life of the log, read once for all who are there; None when it cannot be given."""
        place = (epoch, seq)
        if (page := self._pages.get(place)) is not None:
            return page
        if (reading := self._reading.get(place)) is None:
            reading = self._reading[place] = asyncio.create_task(self._read(seq, epoch))
            reading.add_done_callback(lambda _: self._reading.pop(place, None))
        return await asyncio.shield(reading)

    async def _read(self, seq: int, epoch: str) -> Missed | None:
        # Few at a time on a worker, whatever is asked of it.
        async with self._turns:
            head = self._feed.seq
            try:
                page = await self._page(seq, epoch, head)
            except Unavailable:
                return None
        if page is None or epoch != self._feed.epoch:
            return None
        if head == self._feed.seq:
            if len(self._pages) >= PAGES:
                self._pages.clear()
            self._pages[epoch, seq] = page
        return page

    async def _page(self, seq: int, epoch: str, head: int) -> Missed | None:
        read = await self._events.read(self._feed.channel, seq, PAGE, PAGE_BYTES)
        if read is None or read.epoch != epoch or not read.entries or read.entries[0].seq != seq + 1:
            return None
        known = [event for event in read.entries if event.seq <= self._feed.seq]
        if not known:
            return None
        last = known[-1].seq
        too_much = last < head and await self._events.exceeds(self._feed.channel, last, MAX_MISSED_BYTES)
        return Missed(b"".join(text_frame(event.text) for event in known), read.before, last, too_much)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("channel %s: a replay failed", self._feed.channel, exc_info=error)
