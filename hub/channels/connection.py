"""One websocket after its handshake: framing, limits, pings and the closing handshake, in one object and no task."""

import asyncio
import random
from collections.abc import Callable
from enum import IntEnum
from typing import ClassVar, Protocol, cast

from hub.channels import codes
from hub.channels.frames import (
    CLOSE,
    MESSAGE_LIMIT,
    PING,
    PONG,
    TEXT,
    TOO_BIG,
    FrameError,
    FrameReader,
    check_utf8,
    close_code,
    close_frame,
    frame,
)
from hub.channels.timers import TimerWheel
from hub.channels.unsent import Unsent
from hub.ratelimit import Rate

PING_SECONDS = 25
DEAD_AFTER_SECONDS = 2.5 * PING_SECONDS
CLOSE_SECONDS = 2
SOFT_LIMIT = 64 * 1024
HARD_LIMIT = 4 * 1024 * 1024
STUCK_SECONDS = 30
FRAMES = Rate(burst=240, per_second=120)
_PING_FRAME = frame(PING, b"")


class State(IntEnum):
    """RFC 6455, section 7: a connection is open, closing after a close frame was sent, or closed."""

    OPEN = 0
    CLOSING = 1
    CLOSED = 2


class Deadline(IntEnum):
    """What a timer of a connection is about."""

    ALIVE = 0
    CLOSED = 1
    HELLO = 2
    STUCK = 3
    TOKEN = 4


class Surroundings(Protocol):
    """What a connection needs of its worker."""

    wheel: "TimerWheel[tuple[Connection, Deadline]]"
    clock: Callable[[], float]
    limits: bool
    unsent: Unsent


class Connection(asyncio.Protocol):
    """Reads and writes one websocket. Subclasses say what a text means, and how many bytes a message may have."""

    message_limit: ClassVar[int] = MESSAGE_LIMIT

    __slots__ = (
        "_allowance",
        "_allowance_at",
        "_hung_up",
        "_reader",
        "_stuck_since",
        "_stuck_watched",
        "address",
        "close_code",
        "heard",
        "paused",
        "state",
        "surroundings",
        "transport",
    )

    def __init__(self, surroundings: Surroundings, address: str = "") -> None:
        self.surroundings = surroundings
        self.address = address
        self.transport: asyncio.Transport = _NOT_CONNECTED
        self.state = State.OPEN
        self.close_code = 1006
        self.paused = False
        self.heard = surroundings.clock()
        self._reader = FrameReader(self.message_limit)
        self._allowance = FRAMES.burst
        self._allowance_at = self.heard
        self._hung_up = False
        self._stuck_since = 0.0
        self._stuck_watched = False

    def text_received(self, text: bytes) -> None:
        """A whole text message, UTF-8."""
        raise NotImplementedError

    def binary_received(self, payload: bytes) -> None:
        """A whole binary message; the hub's protocol has none."""
        self.close(codes.MALFORMED, "frames are JSON text")

    def filled(self) -> None:
        """More than `SOFT_LIMIT` bytes wait for the peer."""

    def drained(self) -> None:
        """The peer has read what was waiting for it."""

    def closing(self) -> None:
        """A close frame was sent: nothing may follow it. Called at most once."""

    def ended(self) -> None:
        """The connection is over; called once."""

    def due(self, deadline: Deadline) -> None:
        """A timer of this connection has come up."""
        if deadline is Deadline.ALIVE:
            self._check_alive()
        elif deadline is Deadline.CLOSED and self.state is not State.CLOSED:
            self.transport.abort()
        elif deadline is Deadline.STUCK:
            self._check_stuck()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.set_write_buffer_limits(high=SOFT_LIMIT, low=SOFT_LIMIT // 4)
        # Those who came at the same moment, after a restart, are not to be asked at the same moment for ever.
        self.surroundings.wheel.schedule(random.uniform(PING_SECONDS / 2, PING_SECONDS), (self, Deadline.ALIVE))

    def connection_lost(self, exc: Exception | None) -> None:
        if self.state is not State.CLOSED:
            self.state = State.CLOSED
            self.surroundings.unsent.drained(self)
            self.ended()

    def eof_received(self) -> bool | None:
        return False

    def pause_writing(self) -> None:
        self.paused = True
        if self.state is not State.OPEN or self.transport.is_closing():
            return
        # Nothing more is asked of a worker by one who does not read its answers.
        self.transport.pause_reading()
        self._watch_stuck()
        self.surroundings.unsent.filled(self)
        if self.state is State.OPEN:
            self.filled()

    def resume_writing(self) -> None:
        self.paused = False
        self.surroundings.unsent.drained(self)
        if self.state is State.OPEN and not self.transport.is_closing():
            self.transport.resume_reading()
            self.drained()

    def data_received(self, data: bytes) -> None:
        self.heard = self.surroundings.clock()
        try:
            for opcode, payload in self._reader.feed(data):
                if self.state is State.CLOSED:
                    return
                self._message_received(opcode, payload)
        except FrameError as error:
            self.close(error.code, error.reason)
            if error.code == TOO_BIG:
                self.transport.pause_reading()

    def send(self, *parts: bytes) -> None:
        """Write whole frames, perhaps in parts; one that has let too much pile up is closed as too slow."""
        if self.state is not State.OPEN:
            return
        if self.transport.get_write_buffer_size() > HARD_LIMIT:
            self.close(codes.TOO_SLOW, "too slow")
            return
        for part in parts:
            self.transport.write(part)

    def drop(self) -> None:
        """End at once, with all that waits for the peer: it would come to read the goodbye behind that only."""
        if self.state is State.OPEN:
            self.state = State.CLOSING
            self.close_code = codes.TOO_SLOW
            self.closing()
        self.transport.abort()

    def close(self, code: int, reason: str = "") -> None:
        """Begin the closing handshake; without the peer's answer it ends after two seconds."""
        if self.state is not State.OPEN:
            return
        self._send_close(code, close_frame(code, reason))
        self.surroundings.wheel.schedule(CLOSE_SECONDS, (self, Deadline.CLOSED))

    def _message_received(self, opcode: int, payload: bytes) -> None:
        if opcode == CLOSE:
            self._close_received(payload)
        elif self.state is not State.OPEN:
            return
        elif not self._allowed():
            self.close(codes.TOO_MANY, "too many frames")
        elif opcode == TEXT:
            check_utf8(payload)
            self.text_received(payload)
        elif opcode == PING:
            self.send(frame(PONG, payload))
        elif opcode != PONG:
            self.binary_received(payload)

    def _close_received(self, payload: bytes) -> None:
        code = close_code(payload)
        if self.state is State.OPEN:
            self._send_close(code, close_frame(1000 if code == 1005 else code))
        if not self._hung_up:
            self._hang_up()

    def _hang_up(self) -> None:
        """End our side, and read on until the peer has ended its own (RFC 6455, section 7.1.1).

        A connection that is closed with unread data in it is reset, and the peer may lose our close frame.
        """
        self._hung_up = True
        self.transport.write_eof()
        self.surroundings.wheel.schedule(CLOSE_SECONDS, (self, Deadline.CLOSED))

    def _send_close(self, code: int, closing_frame: bytes) -> None:
        self.state = State.CLOSING
        self.close_code = code
        self.transport.write(closing_frame)
        if self.paused and not self.transport.is_closing():
            self.transport.resume_reading()
        self.closing()

    def _allowed(self) -> bool:
        if not self.surroundings.limits:
            return True
        earned = (self.heard - self._allowance_at) * FRAMES.per_second
        self._allowance = min(FRAMES.burst, self._allowance + earned) - 1
        self._allowance_at = self.heard
        return self._allowance >= 0

    def _watch_stuck(self) -> None:
        self._stuck_since = self.surroundings.clock()
        if not self._stuck_watched:
            self._stuck_watched = True
            self.surroundings.wheel.schedule(STUCK_SECONDS, (self, Deadline.STUCK))

    def _check_stuck(self) -> None:
        self._stuck_watched = self.paused and self.state is State.OPEN
        if not self._stuck_watched:
            return
        left = self._stuck_since + STUCK_SECONDS - self.surroundings.clock()
        if left <= 0:
            self.close(codes.TOO_SLOW, "too slow")
        else:
            self.surroundings.wheel.schedule(left, (self, Deadline.STUCK))

    def _check_alive(self) -> None:
        if self.state is State.CLOSED:
            return
        silent = self.surroundings.clock() - self.heard
        if silent >= DEAD_AFTER_SECONDS:
            self.close_code = 1006
            self.transport.abort()
            return
        if silent >= PING_SECONDS / 2 - 1 and self.state is State.OPEN:
            self.transport.write(_PING_FRAME)
        self.surroundings.wheel.schedule(PING_SECONDS, (self, Deadline.ALIVE))


class _NotConnected(asyncio.Transport):
    """Stands in before `connection_made`, so that a connection always has a transport."""

    def abort(self) -> None:
        return

    def write(self, data: bytes | bytearray | memoryview) -> None:
        return

    def write_eof(self) -> None:
        return

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return True


_NOT_CONNECTED = _NotConnected()
