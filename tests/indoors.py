"""A worker without network, disk or time: its realtime core on a log in memory, with transports that only remember.

Everything runs on an event loop whose clock jumps to the next timer, so that a test of seconds takes none.
"""

from __future__ import annotations

import asyncio
import json
import selectors
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from websockets.frames import Frame, Opcode
from websockets.protocol import CLIENT, OPEN, Protocol

from hub.channels.hub import Hub
from hub.channels.memory import MemoryBroker
from hub.channels.subscriber import Subscriber
from hub.errors import Unauthorized, Unavailable
from hub.events import Deleted, Envelope, Head, PostDeleted, encode_event, tombstone
from hub.geo import snap
from hub.locations import USUAL_SECONDS, Location, LocationInput
from hub.marks import contradict, mark_in, next_mark, with_mark
from hub.tokens import Identity

T = TypeVar("T")
CHANNEL = "denali"
AT = "2026-01-01T00:00:00.000000Z"
NEVER_ENDS = 4e9


class _InstantSelector(selectors.DefaultSelector):
    now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if not ready and timeout:
            self.now += timeout
        return ready


class InstantLoop(asyncio.SelectorEventLoop):
    """An event loop on which waiting takes no time."""

    def __init__(self) -> None:
        self._instant = _InstantSelector()
        super().__init__(self._instant)

    def time(self) -> float:
        return self._instant.now


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a test's coroutine on an instant loop."""
    with asyncio.Runner(loop_factory=InstantLoop) as runner:
        return runner.run(work)


async def settle() -> None:
    """Let everything that is due now or within a tenth of a second happen."""
    await asyncio.sleep(0.1)


def event(seq: int, epoch: str = "first", entity: str | None = None, before: str = "", about: int = 0) -> Envelope:
    """A durable event about a thing of its own, or about `entity`, that follows the mark `before`."""
    text = encode_event(PostDeleted(channel=CHANNEL, seq=seq, at=AT, data=Deleted(about or seq)))
    entity = entity or f"post:{seq}"
    return Envelope(CHANNEL, epoch, seq, entity, with_mark(text, next_mark(before, epoch, entity, text)))


@dataclass
class MemoryPage:
    epoch: str
    seq: int
    mark: str
    before: str
    entries: list[Envelope]


@dataclass
class MemoryLog:
    """An event log as the store keeps it: compacted by entity, perhaps trimmed, sometimes not to be reached."""

    epoch: str = "first"
    seq: int = 0
    trimmed: int = 0
    failing: bool = False
    reads: int = 0
    gone: bool = False
    renewals: int = 0
    _entries: dict[int, Envelope] = field(default_factory=dict)

    def append(self, entity: str | None = None, about: int = 0) -> Envelope:
        before = self.mark_at(self.seq)
        self.seq += 1
        new = event(self.seq, self.epoch, entity, before, about)
        for earlier in self._entries.values():
            stone = tombstone(CHANNEL, earlier.seq, AT, mark_in(earlier.text))
            if earlier.entity == new.entity and earlier.text != stone:
                self._entries[earlier.seq] = Envelope(CHANNEL, self.epoch, earlier.seq, earlier.entity, stone)
        self._entries[self.seq] = new
        return new

    def mark_at(self, seq: int) -> str:
        return mark_in(self._entries[seq].text) if seq in self._entries else ""

    def copy(self) -> MemoryLog:
        """The log as it is now, as a copied file has it."""
        return replace(self, _entries=dict(self._entries))

    def put_back(self, copy: MemoryLog) -> None:
        """Be what the log was, under the same epoch, as when a copied file is put back."""
        self.epoch, self.seq, self._entries = copy.epoch, copy.seq, dict(copy._entries)

    def reset(self, epoch: str, seq: int) -> None:
        self.epoch, self.seq, self.trimmed = epoch, seq, seq
        self._entries.clear()

    async def heads(self) -> Sequence[Head]:
        self._reach()
        return [] if self.gone else [Head(CHANNEL, self.epoch, self.seq, self.mark_at(self.seq))]

    async def renew_if_other(self, known: Head) -> bool:
        self._reach()
        is_other = self.seq < known.seq or contradict(self.mark_at(known.seq), known.mark)
        if known.epoch != self.epoch or not is_other:
            return False
        self.renewals += 1
        self.epoch = f"renewed {self.renewals}"
        return True

    async def read(self, slug: str, after: int, limit: int, most_bytes: int | None = None) -> MemoryPage | None:
        self.reads += 1
        self._reach()
        if slug != CHANNEL or self.gone:
            return None
        first = max(after, self.trimmed) + 1
        entries = [self._entries[seq] for seq in range(first, min(self.seq, first + limit - 1) + 1)]
        while most_bytes is not None and len(entries) > 1 and sum(len(one.text) for one in entries) > most_bytes:
            entries.pop()
        return MemoryPage(self.epoch, self.seq, self.mark_at(self.seq), self.mark_at(after), entries)

    async def exceeds(self, slug: str, after: int, size: int) -> bool:
        self._reach()
        return sum(len(entry.text) for seq, entry in self._entries.items() if seq > after) > size

    def _reach(self) -> None:
        if self.failing:
            raise Unavailable("The database cannot answer.")


class MemoryTransport(asyncio.Transport):
    """Remembers what was written; a stalled one piles it up as a phone without signal does."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = bytearray()
        self.writes = 0
        self.waiting = bytearray()
        self.stalled = False
        self.closed = False
        self.high = 64 * 1024
        self.low = 16 * 1024
        self.paused = False
        self.reading = True
        self.protocol: asyncio.Protocol

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.writes += 1
        (self.waiting if self.stalled else self.sent).extend(data)
        if len(self.waiting) > self.high and not self.paused:
            self.paused = True
            self.protocol.pause_writing()

    def read_on(self) -> None:
        """The peer reads again."""
        self.stalled = False
        self.sent += self.waiting
        self.waiting.clear()
        if self.paused:
            self.paused = False
            self.protocol.resume_writing()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self.high = self.high if high is None else high
        self.low = self.low if low is None else low

    def get_write_buffer_size(self) -> int:
        return len(self.waiting)

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def write_eof(self) -> None:
        """Its peer hangs up as soon as the worker has."""
        self.close()

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self.protocol.connection_lost(None)

    abort = close


class Visitor:
    """The client's end of a subscriber's socket, read with somebody else's websocket code."""

    def __init__(self, hub: Hub, subscriber: Subscriber) -> None:
        self.hub = hub
        self.subscriber = subscriber
        self.transport = MemoryTransport()
        self.transport.protocol = subscriber
        self._parser = Protocol(CLIENT, state=OPEN, max_size=None)
        self._parsed = 0
        self._raw: list[Frame] = []
        subscriber.connection_made(self.transport)

    def send(self, frame: dict[str, Any]) -> None:
        self.send_raw(Opcode.TEXT, json.dumps(frame).encode())

    def send_raw(self, opcode: Opcode, payload: bytes) -> None:
        self.subscriber.data_received(Frame(opcode, payload).serialize(mask=True, extensions=[]))

    def hello(self, **fields: Any) -> None:
        self.send({"type": "hello", **fields})

    @property
    def raw(self) -> list[Frame]:
        """All websocket frames so far."""
        self._parser.receive_data(bytes(self.transport.sent[self._parsed :]))
        self._parsed = len(self.transport.sent)
        self._raw += [one for one in self._parser.events_received() if isinstance(one, Frame)]
        assert self._parser.parser_exc is None
        return self._raw

    @property
    def frames(self) -> list[dict[str, Any]]:
        """All frames of the hub's protocol so far."""
        return [json.loads(frame.data) for frame in self.raw if frame.opcode is Opcode.TEXT]

    @property
    def kinds(self) -> list[str]:
        return [frame["type"] for frame in self.frames]

    @property
    def seqs(self) -> list[int]:
        """The numbers of the durable events so far."""
        return [frame["seq"] for frame in self.frames if "seq" in frame and "at" in frame]

    @property
    def close_code(self) -> int | None:
        """The code that the hub closed with."""
        codes = [int.from_bytes(frame.data[:2]) for frame in self.raw if frame.opcode is Opcode.CLOSE]
        return codes[0] if codes else None


class MemoryLocations:
    """Where the newest positions are kept, with a clock that the test moves."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, int], Location] = {}
        self.names: dict[int, str] = {}
        self.moment = 0
        self.writes = 0
        self.erased = 0

    def now(self) -> str:
        """The moment as the store and the realtime core see it, to the second."""
        return f"2026-01-01T{self.moment // 3600:02}:{self.moment // 60 % 60:02}:{self.moment % 60:02}.000000Z"

    async def put(self, channel: str, user_id: int, new: LocationInput) -> Location:
        self.writes += 1
        updated = f"{self.now()[:-8]}{self.writes:06}Z"
        known = self.kept.get((channel, user_id))
        expires = known.expires_at if known and new.expires_in is None else self._later(new.expires_in or USUAL_SECONDS)
        latitude, longitude = new.spot if new.precision == "exact" else snap(new.latitude, new.longitude)
        name = self.names.get(user_id, f"member{user_id}")
        location = Location(user_id, name, latitude, longitude, new.precision, updated, expires)
        self.kept[channel, user_id] = location
        return location

    def _later(self, seconds: int) -> str:
        self.moment, before = self.moment + seconds, self.moment
        later = self.now()
        self.moment = before
        return later

    async def remove(self, channel: str, user_id: int) -> bool:
        return self.kept.pop((channel, user_id), None) is not None

    async def everywhere(self) -> list[tuple[str, Location]]:
        return [(channel, at) for (channel, _), at in self.kept.items() if at.expires_at > self.now()]

    async def forget_expired(self) -> None:
        self.erased += 1
        self.kept = {key: at for key, at in self.kept.items() if at.expires_at > self.now()}


class Worker:
    """One worker's realtime core."""

    def __init__(self, log: MemoryLog, name: str = "worker") -> None:
        self.log = log
        self.people: dict[str, Identity] = {}
        self.hub = Hub(
            name,
            log,
            MemoryLocations(),
            MemoryBroker(),
            self._read_token,
            self._ended_since,
            clock=asyncio.get_running_loop().time,
        )

    def person(self, name: str, expires: float = NEVER_ENDS) -> str:
        """A member's token."""
        token = f"token of {name}"
        number = self.people[token].user_id if token in self.people else len(self.people) + 1
        self.people[token] = Identity(number, name, name, "visitor", f"s-{name}", expires)
        return token

    async def visitor(self, **hello: Any) -> Visitor:
        """A socket that has said hello."""
        visitor = await self.socket()
        visitor.hello(**hello)
        return visitor

    async def socket(self) -> Visitor:
        """A socket that has said nothing yet."""
        feed = await self.hub.feeds.get(CHANNEL)
        assert feed is not None
        return Visitor(self.hub, Subscriber(self.hub, feed, "127.0.0.1"))

    async def seconds(self, count: int) -> None:
        """Let time pass."""
        for _ in range(count):
            await asyncio.sleep(1)
            await self.hub.tick()

    async def look(self) -> None:
        """The tail's look at the log, which it takes once a second."""
        await self.hub.tail._look()
        await settle()

    def _read_token(self, token: str) -> Identity:
        if token not in self.people:
            raise Unauthorized("no such token")
        return self.people[token]

    async def _ended_since(self, _: str) -> list[str]:
        return []
