"""One channel in this worker: its events in order and once, to every subscriber.

A durable event comes from the worker's own commits, from the broker or from the log, in any order and any number of
times; it goes out when its `seq` is the next one. Frames of one turn of the event loop are written together.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING

from hub.channels.frames import text_frame
from hub.channels.log import EventLog
from hub.channels.replay import ReplayRing
from hub.errors import Unavailable
from hub.events import Envelope
from hub.protocol import Heartbeat, Resync, encode

if TYPE_CHECKING:
    from hub.channels.subscriber import Subscriber

MAX_MISSED = 1_000
PAGE = 250
EARLY_LIMIT = 1_024
GAP_PATIENCE_SECONDS = 0.02
log = logging.getLogger("hub.feed")


class Feed:
    """The feed of one channel."""

    def __init__(self, channel: str, epoch: str, seq: int, events: EventLog, clock: Callable[[], float]) -> None:
        self.channel = channel
        self.epoch = epoch
        self.ring = ReplayRing(channel, seq)
        # The bound `write` of each transport: what a delivery costs is mostly the memory it touches.
        self.live: dict[Subscriber, Callable[[bytes], None]] = {}
        self.behind: set[Subscriber] = set()
        self.attached = 0
        self.empty_since = clock()
        self.latest: dict[str, tuple[int, bytes]] = {}
        self.latest_version = 0
        self.deliveries = 0
        self._sent_at = clock()
        self._events = events
        self._clock = clock
        self._early: dict[int, Envelope] = {}
        self._pending: list[bytes] = []
        self._filled_up: set[Subscriber] = set()
        self._flushed = (seq, 0)
        self._filling: asyncio.Task[None] | None = None
        self._recovering: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()

    @property
    def seq(self) -> int:
        """The newest durable event that was put in order."""
        return self.ring.seq

    def receive(self, event: Envelope) -> None:
        """Take an event from wherever it came."""
        if event.seq == 0:
            self._send_live(event)
        elif event.epoch != self.epoch or event.seq <= self.seq:
            return
        elif event.seq == self.seq + 1:
            self._advance(event)
            while self._early and (following := self._early.pop(self.seq + 1, None)) is not None:
                self._advance(following)
        else:
            if len(self._early) < EARLY_LIMIT:
                self._early[event.seq] = event
            self._loop.call_later(GAP_PATIENCE_SECONDS, self._fill_if_behind, event.seq)

    def check(self, epoch: str, seq: int) -> None:
        """Compare with the log's head and read what is missing."""
        if epoch != self.epoch:
            self._start_over(epoch, seq)
        elif seq > self.seq:
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
            self._fall_behind(subscriber, *self._flushed)
        self._filled_up.clear()

    def _fall_behind(self, subscriber: "Subscriber", seq: int, latest_seen: int) -> None:
        self.behind.add(subscriber)
        subscriber.fall_behind(seq, latest_seen)

    def heartbeat(self, interval: float) -> None:
        """Say where the channel is when it was quiet for `interval` seconds."""
        if not self.behind:
            self.latest.clear()
        if self.live and self._clock() - self._sent_at >= interval:
            self._queue(text_frame(encode(Heartbeat(self.seq))))

    def close(self) -> None:
        """Stop reading the log."""
        for task in [self._filling, *self._recovering]:
            if task is not None:
                task.cancel()

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

    def join(self, subscriber: "Subscriber", since: int | None, epoch: str | None) -> None:
        """Welcome a subscriber and give it exactly what it missed, or say that this cannot be given."""
        self.flush()
        if since is not None and epoch == self.epoch and since > self.seq:
            self._recover(self._welcome_one_ahead(subscriber, since))
        else:
            self._welcome(subscriber, since, epoch)

    def _welcome(self, subscriber: "Subscriber", since: int | None, epoch: str | None) -> None:
        if since is None or epoch != self.epoch or not 0 <= self.seq - since <= MAX_MISSED:
            subscriber.welcome(recovered=False)
            self._go_live(subscriber)
            return
        replay = self.ring.after(since)
        if replay is None:
            self._recover(self._welcome_from_log(subscriber, since))
            return
        subscriber.welcome(recovered=True, replay=replay)
        self._go_live(subscriber)

    def catch_up(self, subscriber: "Subscriber") -> None:
        """Go on where a subscriber was, as far as it reads; at the head it is live again."""
        self.flush()
        while not subscriber.paused:
            if subscriber.seq == self.seq:
                self._send_latest(subscriber)
                self._go_live(subscriber)
                return
            replay = self.ring.after(subscriber.seq)
            if replay is None:
                self._recover(self._replay_from_log(subscriber))
                return
            subscriber.send(replay)
            subscriber.seq = self.seq

    def _go_live(self, subscriber: "Subscriber") -> None:
        """From here on it gets what everyone gets; unless what it got now is more than it takes at once."""
        if not subscriber.is_open:
            return
        if subscriber.paused:
            self._fall_behind(subscriber, self.seq, self.latest_version)
        else:
            self.behind.discard(subscriber)
            self.live[subscriber] = subscriber.transport.write

    def _send_latest(self, subscriber: "Subscriber") -> None:
        missed = sorted(entry for entry in self.latest.values() if entry[0] > subscriber.latest_seen)
        if missed:
            subscriber.send(b"".join(frame for _, frame in missed))

    def _recover(self, work: Coroutine[None, None, None]) -> None:
        task = self._loop.create_task(work)
        self._recovering.add(task)
        task.add_done_callback(self._recovered)

    def _recovered(self, task: asyncio.Task[None]) -> None:
        self._recovering.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("channel %s: a replay failed", self.channel, exc_info=error)

    async def _welcome_one_ahead(self, subscriber: "Subscriber", since: int) -> None:
        """Welcome a client that heard of events from another worker before this one did."""
        epoch = self.epoch
        # Twice, because a read under way may have begun before the event was there.
        for _ in range(2):
            if since > self.seq:
                await asyncio.wait([self.fill()])
        if subscriber.is_open:
            self.flush()
            self._welcome(subscriber, since, epoch)

    async def _welcome_from_log(self, subscriber: "Subscriber", since: int) -> None:
        try:
            page = await self._events.read(self.channel, since, PAGE)
        except Unavailable:
            page = None
        if not subscriber.is_open:
            return
        if page is None or page.epoch != self.epoch or not page.entries or page.entries[0].seq != since + 1:
            self.flush()
            subscriber.welcome(recovered=False)
            self._go_live(subscriber)
            return
        subscriber.welcome(recovered=True)
        self._fall_behind(subscriber, since, self.latest_version)
        self._send_page(subscriber, page.entries)

    async def _replay_from_log(self, subscriber: "Subscriber") -> None:
        if subscriber.reading_log:
            return
        subscriber.reading_log = True
        try:
            page = await self._events.read(self.channel, subscriber.seq, PAGE)
        except Unavailable:
            page = None
        finally:
            subscriber.reading_log = False
        if not subscriber.is_open or subscriber not in self.behind:
            return
        too_far = self.seq - subscriber.seq > MAX_MISSED
        if too_far or page is None or not page.entries or page.entries[0].seq != subscriber.seq + 1:
            self._resync(subscriber, "too much was missed")
            return
        self._send_page(subscriber, page.entries)

    def _send_page(self, subscriber: "Subscriber", entries: list[Envelope]) -> None:
        known = [event for event in entries if event.seq <= self.seq]
        subscriber.send(b"".join(text_frame(event.text) for event in known))
        subscriber.seq = known[-1].seq if known else subscriber.seq
        self.catch_up(subscriber)

    def _resync(self, subscriber: "Subscriber", reason: str) -> None:
        self.flush()
        subscriber.send(text_frame(encode(Resync(reason))))
        self._send_latest(subscriber)
        self._go_live(subscriber)

    def _advance(self, event: Envelope) -> None:
        frame = text_frame(event.text)
        self.ring.append(event.seq, event.entity, frame)
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
            page = await self._events.read(self.channel, self.seq, PAGE)
            if page is None:
                return
            if page.epoch != self.epoch or (page.entries and page.entries[0].seq > self.seq + 1):
                self._start_over(page.epoch, page.seq)
                return
            for event in page.entries:
                self.receive(event)
            self._early = {seq: event for seq, event in self._early.items() if seq > self.seq}
            if len(page.entries) < PAGE:
                return

    def _filled(self, task: asyncio.Task[None]) -> None:
        self._filling = None
        if task.cancelled():
            return
        error = task.exception()
        if isinstance(error, Unavailable):
            log.warning("channel %s: the log cannot be read now: %s", self.channel, error)
        elif error is not None:
            log.error("channel %s: reading the log failed", self.channel, exc_info=error)

    def _start_over(self, epoch: str, seq: int) -> None:
        self.flush()
        self.epoch = epoch
        self.ring = ReplayRing(self.channel, seq)
        self._early.clear()
        self._flushed = (seq, self.latest_version)
        for subscriber in [*self.live, *self.behind]:
            self._resync(subscriber, "the channel's history was reset")
