"""One channel in this worker: its events in order and once, to every subscriber.

A durable event comes from the worker's own commits, from the broker or from the log, in any order and any number of
times; it goes out when its `seq` is the next one. Frames of one turn of the event loop are written together.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from hub.channels.frames import text_frame
from hub.channels.log import EventLog, Page
from hub.channels.recovery import PAGE, Recovery
from hub.channels.replay import ReplayRing
from hub.errors import Unavailable
from hub.events import LEFT, Envelope, Head
from hub.marks import continues, contradict
from hub.protocol import Heartbeat, Resync, encode

if TYPE_CHECKING:
    from hub.channels.subscriber import Subscriber

EARLY_LIMIT = 1_024
GAP_PATIENCE_SECONDS = 0.02
FILL_BYTES = 256 * 1024
log = logging.getLogger("hub.feed")


class Feed:
    """The feed of one channel."""

    def __init__(self, head: Head, events: EventLog, clock: Callable[[], float], replays: asyncio.Semaphore) -> None:
        self.channel = head.slug
        self.epoch = head.epoch
        self.ring = ReplayRing(head.slug, head.seq, head.mark)
        # The bound `write` of each transport: what a delivery costs is mostly the memory it touches.
        self.live: dict[Subscriber, Callable[[bytes], None]] = {}
        self.behind: set[Subscriber] = set()
        self.attached = 0
        self.empty_since = clock()
        self.latest: dict[str, tuple[int, bytes]] = {}
        self.latest_version = 0
        self.deliveries = 0
        self.recovery = Recovery(self, events, replays)
        self._sent_at = clock()
        self._events = events
        self._clock = clock
        self._early: dict[int, Envelope] = {}
        self._pending: list[bytes] = []
        self._filled_up: set[Subscriber] = set()
        self._flushed = (head.seq, 0)
        self._filling: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()

    @property
    def seq(self) -> int:
        """The newest durable event that was put in order."""
        return self.ring.seq

    def receive(self, event: Envelope) -> None:
        """Take an event from wherever it came."""
        if event.seq == 0:
            self._send_live(event)
        elif event.epoch != self.epoch:
            return
        elif event.seq <= self.seq:
            if contradict(self.ring.mark_at(event.seq), event.mark):
                self.fill()
        elif event.seq == self.seq + 1:
            self._take_next(event)
            while self._early and (following := self._early.pop(self.seq + 1, None)) is not None:
                self._take_next(following)
        else:
            # What is far ahead of the log is never reached, and would take the place of what is.
            if event.seq <= self.seq + EARLY_LIMIT:
                self._early[event.seq] = event
            self._loop.call_later(GAP_PATIENCE_SECONDS, self._fill_if_behind, event.seq)

    def check(self, head: Head, was_at: int) -> None:
        """Compare with the log's head and read what is missing; this feed was at `was_at` before that was read."""
        if head.epoch != self.epoch:
            self._start_over(head)
        elif head.seq > self.seq or not self._agrees(head.seq, head.mark, was_at):
            self.fill()

    def fill(self) -> asyncio.Task[None]:
        """Read what is missing from the log."""
        if self._filling is None:
            self._filling = self._loop.create_task(self._read_missing())
            self._filling.add_done_callback(self._filled)
        return self._filling

    def flush(self) -> None:
        """Write what is pending to everyone who keeps up, in one write each."""
        if not self._pending:
            return
        self._set_aside()
        data = self._pending[0] if len(self._pending) == 1 else b"".join(self._pending)
        self.deliveries += len(self._pending) * len(self.live)
        self._pending = []
        self._sent_at = self._clock()
        self._flushed = (self.seq, self.latest_version)
        for write in self.live.values():
            write(data)
        self._set_aside()

    def filled(self, subscriber: "Subscriber") -> None:
        """Too much waits for this one: the next event is not written to it."""
        if subscriber in self.live:
            self._filled_up.add(subscriber)

    def drained(self, subscriber: "Subscriber") -> None:
        """It has read what waited, before anything was left out."""
        self._filled_up.discard(subscriber)

    def _set_aside(self) -> None:
        for subscriber in self._filled_up:
            del self.live[subscriber]
            self.set_behind(subscriber, *self._flushed)
        self._filled_up.clear()

    def set_behind(self, subscriber: "Subscriber", seq: int, latest_seen: int) -> None:
        """From here on a subscriber gets nothing but what it asks of `recovery`."""
        self.behind.add(subscriber)
        subscriber.fall_behind(seq, latest_seen)

    def heartbeat(self, interval: float) -> None:
        """Say where the channel is when it was quiet for `interval` seconds. Called once a second."""
        self.recovery.forget()
        self.ring.forget_joined()
        if not self.behind and not self._filled_up:
            self.latest.clear()
        if self.live and self._clock() - self._sent_at >= interval:
            self._queue(text_frame(encode(Heartbeat(self.seq, self.ring.mark))))

    def close(self) -> None:
        """Stop reading the log."""
        self.recovery.close()
        if self._filling is not None:
            self._filling.cancel()

    def attach(self) -> None:
        """Count a socket that is or will be a subscriber."""
        self.attached += 1

    def detach(self, subscriber: "Subscriber") -> None:
        """Forget a socket that is gone."""
        self.attached -= 1
        self.leave(subscriber)
        if self.attached == 0:
            self.empty_since = self._clock()

    def leave(self, subscriber: "Subscriber") -> None:
        """Write no more to a subscriber."""
        self.live.pop(subscriber, None)
        self.behind.discard(subscriber)
        self._filled_up.discard(subscriber)

    def go_live(self, subscriber: "Subscriber") -> None:
        """From here on it gets what everyone gets; unless what it got now is more than it takes at once."""
        if not subscriber.is_open:
            return
        if subscriber.paused:
            self.set_behind(subscriber, self.seq, self.latest_version)
        else:
            self.behind.discard(subscriber)
            self.live[subscriber] = subscriber.transport.write

    def send_latest(self, subscriber: "Subscriber") -> None:
        """Send the newest word on each thing that a subscriber has not seen."""
        missed = sorted(entry for entry in self.latest.values() if entry[0] > subscriber.latest_seen)
        if missed:
            subscriber.send(b"".join(frame for _, frame in missed))

    def resync(self, subscriber: "Subscriber", reason: str) -> None:
        """Tell a subscriber to fetch the history; from here on it gets what everyone gets."""
        self.flush()
        subscriber.send(text_frame(encode(Resync(reason))))
        self.send_latest(subscriber)
        self.go_live(subscriber)

    def _take_next(self, event: Envelope) -> None:
        """Take the event of the next number, unless it follows another history than this feed has told."""
        if continues(self.ring.mark, self.epoch, event.entity, event.text):
            self._advance(event)
        else:
            self.fill()

    def _agrees(self, seq: int, mark: str, was_at: int) -> bool:
        """Whether a log that ends, or has `mark`, at `seq` is the one that this feed has told up to `was_at`."""
        return seq >= was_at and not contradict(self.ring.mark_at(seq), mark)

    def _advance(self, event: Envelope) -> None:
        if event.entity.startswith(LEFT):
            # Frames in memory still say who wrote what; the log no longer does.
            self.ring.forget()
        frame = text_frame(event.text)
        self.ring.append(event.seq, event.entity, frame)
        self.recovery.forget()
        self._queue(frame)

    def _send_live(self, event: Envelope) -> None:
        frame = text_frame(event.text)
        if event.entity:
            self.latest_version += 1
            self.latest[event.entity] = (self.latest_version, frame)
        self._queue(frame)

    def _queue(self, frame: bytes) -> None:
        if not self._pending:
            self._loop.call_soon(self.flush)
        self._pending.append(frame)

    def _fill_if_behind(self, seq: int) -> None:
        if seq > self.seq:
            self.fill()

    async def _read_missing(self) -> None:
        while True:
            was_at, mark = self.seq, self.ring.mark
            page = await self._events.read(self.channel, was_at, PAGE, FILL_BYTES)
            if page is None:
                return
            if page.epoch == self.epoch and (page.seq < was_at or contradict(mark, page.before)):
                page = await self._read_other_log(was_at, mark)
                if page is None:
                    return
            if page.epoch != self.epoch or (page.entries and page.entries[0].seq > self.seq + 1):
                self._start_over(Head(self.channel, page.epoch, page.seq, page.mark))
                return
            for event in page.entries:
                if event.seq == self.seq + 1:
                    self._advance(event)
            self._early = {seq: event for seq, event in self._early.items() if seq > self.seq}
            if not page.entries or page.entries[-1].seq >= page.seq:
                return

    async def _read_other_log(self, seq: int, mark: str) -> Page | None:
        """The log's head when it is no longer the log that this feed has told: an older state was put back.

        It is given a new epoch, so that also those clients notice that know no marks.
        """
        if await self._events.renew_if_other(Head(self.channel, self.epoch, seq, mark)):
            log.error("channel %s: the log is an older one than was told, at %d: it has a new epoch", self.channel, seq)
        return await self._events.read(self.channel, 0, 0)

    def _filled(self, task: asyncio.Task[None]) -> None:
        self._filling = None
        if task.cancelled():
            return
        error = task.exception()
        if isinstance(error, Unavailable):
            log.warning("channel %s: the log cannot be read now: %s", self.channel, error)
        elif error is not None:
            log.error("channel %s: reading the log failed", self.channel, exc_info=error)

    def _start_over(self, head: Head) -> None:
        self.flush()
        self.epoch = head.epoch
        self.ring = ReplayRing(self.channel, head.seq, head.mark)
        self._early.clear()
        self._flushed = (head.seq, self.latest_version)
        for subscriber in [*self.live, *self.behind]:
            self.resync(subscriber, "the channel's history was reset")
