"""One open conversation on this worker: what its sockets have been told, in order and once.

Changes have a `seq`, pieces of the answer under way an `index`. They come from this worker or over the broker; what is
lost on the way is asked of the answer's worker, and read from the store where that does not help.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

import msgspec

from hub.channels import codes
from hub.channels.frames import text_frame, text_frame_in_parts
from hub.conversation import (
    Change,
    ChatDeleted,
    ChatDelta,
    ChatDone,
    ChatError,
    ChatRemoved,
    ChatStarted,
    ChatStopped,
    Message,
    encode,
)
from hub.errors import Unavailable
from hub.protocol import Heartbeat
from hub.ranger.control import Control, Want
from hub.ranger.whole import whole
from hub.store import answers, conversations
from hub.store.conversations import Transcript
from hub.store.database import Database

EARLY_LIMIT = 2_048
HEARTBEAT_SECONDS = 25
WANT_SECONDS = 0.2
RETRY_SECONDS = 0.01
RETRIES = 5
SNAPSHOT = b'{"type":"chat.snapshot",'
log = logging.getLogger("hub.ranger")


Place = tuple[int, int | None, int]


class Listener(Protocol):
    """A socket that is told what happens in a conversation."""

    def send(self, *parts: bytes) -> None:
        """Write whole frames, perhaps in parts."""

    def close(self, code: int, reason: str = "") -> None:
        """Begin the closing handshake."""


class Surroundings(Protocol):
    """What a room needs of its worker."""

    database: Database
    clock: Callable[[], float]

    @property
    def is_local(self) -> Callable[[int], bool]:
        """Whether this worker runs the answer with an id."""

    def control(self, conversation_id: int, control: Control) -> None:
        """Ask the worker of an answer for something."""

    def background(self, work: Coroutine[Any, Any, object]) -> None:
        """Do something without waiting for it."""


class Room:
    """One conversation: where it is, and the pieces of its answer under way."""

    def __init__(self, conversation_id: int, rooms: Surroundings) -> None:
        self.conversation_id = conversation_id
        self.listeners: set[Listener] = set()
        self.behind: dict[Listener, Place] = {}
        self.holders = 0
        self.empty_since = rooms.clock()
        self.seq = -1
        self.answering: int | None = None
        self.pieces: list[str] = []
        self.lagging_at: int | None = None
        self._rooms = rooms
        self._newest = 0
        self._early: dict[tuple[int, int], str] = {}
        self._wanted_at = -WANT_SECONDS
        self._sent_at = rooms.clock()
        self._seen: tuple[int | None, int] = (None, 0)
        self._reading: asyncio.Task[Transcript | None] | None = None
        self._whole: tuple[Place, bytes] | None = None

    @property
    def text(self) -> str:
        """The text so far of the answer under way."""
        return "".join(self.pieces)

    @property
    def index(self) -> int | None:
        """The index of the next piece of the answer under way."""
        return None if self.answering is None else len(self.pieces)

    @property
    def _place(self) -> Place:
        return self.seq, self.answering, len(self.pieces)

    def current(self, messages: list[Message]) -> list[Message]:
        """The messages, with all of the answer under way that is known here."""
        return [
            msgspec.structs.replace(message, text=self.text) if message.id == self.answering else message
            for message in messages
        ]

    def whole(self, found: Transcript) -> bytes:
        """All of the conversation that is known here, as the end of a JSON object; `found` is as of `seq`."""
        if self._whole is None or self._whole[0] != self._place:
            place = (self.answering, self.index)
            self._whole = self._place, whole(found.conversation, self.current(found.messages), self.seq, place)
        return self._whole[1]

    def join(self, listener: Listener) -> None:
        """Tell a socket what happens from here on."""
        self.behind.pop(listener, None)
        self.listeners.add(listener)

    def part(self, listener: Listener) -> None:
        """Tell it no more."""
        self.listeners.discard(listener)
        self.behind.pop(listener, None)

    def filled(self, listener: Listener) -> None:
        """Too much waits for this one: it is told nothing until it has read that."""
        if listener in self.listeners:
            self.listeners.discard(listener)
            self.behind[listener] = self._place

    def drained(self, listener: Listener) -> None:
        """It has read what waited: it gets the pieces that it missed, or the conversation whole."""
        if listener not in self.behind:
            return
        seq, answering, index = self.behind[listener]
        if (seq, answering) != (self.seq, self.answering):
            self._rooms.background(self._give_whole(listener))
            return
        self.join(listener)
        if answering is not None and index < len(self.pieces):
            missed = enumerate(self.pieces[index:], index)
            listener.send(b"".join(text_frame(encode(ChatDelta(answering, at, text))) for at, text in missed))

    def changed(self, change: Change, data: bytes) -> None:
        """Take a change; `data` is its JSON."""
        self._newest = max(self._newest, change.seq)
        if self.seq < 0 or change.seq <= self.seq:
            return
        if change.seq > self.seq + 1:
            self._rooms.background(self.read())
            return
        self.seq = change.seq
        self._apply(change)
        self._send(data)
        if isinstance(change, ChatDeleted):
            self.close("deleted")
        self._take_early()

    def piece(self, delta: ChatDelta, data: bytes) -> None:
        """Take a piece of an answer; `data` is its JSON."""
        if delta.message_id == self.answering and delta.index <= len(self.pieces):
            if delta.index == len(self.pieces):
                self.pieces.append(delta.text)
                self._send(data)
                self._take_early()
        else:
            if len(self._early) < EARLY_LIMIT:
                self._early[(delta.message_id, delta.index)] = delta.text
            self._want()

    async def read(self) -> Transcript | None:
        """Read the conversation and go on from there; None when it is gone. Raises Unavailable."""
        if self._reading is None:
            self._reading = asyncio.create_task(self._read())
            self._reading.add_done_callback(self._read_ended)
        return await asyncio.shield(self._reading)

    async def catch_up(self) -> None:
        """Take the stored pieces of an answer that has not moved since the last time. Raises Unavailable."""
        before, self._seen = self._seen, (self.answering, len(self.pieces))
        answering = self.answering
        if answering is None or self._rooms.is_local(answering) or before != self._seen:
            return
        stored = await self._rooms.database.read(lambda tx: answers.pieces(tx, answering))
        self._take_stored(answering, stored)

    def heartbeat(self) -> None:
        """Say where the conversation is when it was quiet. Called once a second."""
        self._whole = None
        if self.listeners and self._rooms.clock() - self._sent_at >= HEARTBEAT_SECONDS:
            self._send(encode(Heartbeat(self.seq)))

    def close(self, reason: str) -> None:
        """Close all sockets: there is no such conversation any more."""
        for listener in [*self.listeners, *self.behind]:
            listener.close(codes.FORBIDDEN, reason)

    async def _read(self) -> Transcript | None:
        for _ in range(RETRIES):
            found = await self._rooms.database.read(lambda tx: conversations.transcript(tx, self.conversation_id))
            if found is None:
                self.close("deleted")
                return None
            if found.seq > self.seq:
                self._take_over(found)
            if found.seq == self.seq and self.seq >= self._newest:
                return found
            if found.seq < self.seq:
                self._newest = self.seq
            await asyncio.sleep(RETRY_SECONDS)
        # A later change was told, and is not true: the store's word counts.
        self.seq, self._newest = -1 if self._newest == self.seq else self.seq, 0
        return await self._read()

    def _read_ended(self, task: asyncio.Task[Transcript | None]) -> None:
        self._reading = None
        if not task.cancelled() and isinstance(task.exception(), Unavailable):
            log.warning("conversation %d cannot be read now", self.conversation_id)

    def _take_over(self, found: Transcript) -> None:
        """Go on from what was read; whoever listens gets it whole."""
        self.seq = found.seq
        answer = next((message for message in found.messages if message.status == "streaming"), None)
        if answer is None:
            self.answering, self.pieces = None, []
        else:
            stored = answers.split(answer.text, found.cuts)
            if answer.id != self.answering or len(stored) > len(self.pieces):
                self.answering, self.pieces = answer.id, stored
        if self.listeners:
            self._send(SNAPSHOT + self.whole(found))
        self._take_early()
        if self.answering is not None:
            self._want()

    async def _give_whole(self, listener: Listener) -> None:
        while (found := await self.read()) is not None and found.seq != self.seq:
            continue
        if found is not None and listener in self.behind:
            self.join(listener)
            listener.send(*text_frame_in_parts(SNAPSHOT, self.whole(found)))

    def _apply(self, change: Change) -> None:
        if isinstance(change, ChatStarted):
            self.answering, self.pieces = change.message_id, []
        elif isinstance(change, ChatDone | ChatStopped | ChatError):
            if change.message_id == self.answering:
                self.answering, self.pieces = None, []
        elif isinstance(change, ChatDeleted) or (
            isinstance(change, ChatRemoved) and self.answering in change.message_ids
        ):
            self.answering, self.pieces = None, []

    def _take_early(self) -> None:
        if not self._early:
            return
        answering = self.answering
        self._early = {
            key: text
            for key, text in self._early.items()
            if answering is None or key[0] > answering or (key[0] == answering and key[1] >= len(self.pieces))
        }
        if answering is None:
            return
        while (text := self._early.pop((answering, len(self.pieces)), None)) is not None:
            self._deliver(answering, text)

    def _take_stored(self, answering: int, stored: list[str]) -> None:
        if answering == self.answering:
            for text in stored[len(self.pieces) :]:
                self._deliver(answering, text)
            self._take_early()

    def _deliver(self, answering: int, text: str) -> None:
        delta = ChatDelta(answering, len(self.pieces), text)
        self.pieces.append(text)
        self._send(encode(delta))

    def _want(self) -> None:
        now = self._rooms.clock()
        if self.answering is None or self._rooms.is_local(self.answering) or now - self._wanted_at < WANT_SECONDS:
            return
        self._wanted_at = now
        self._rooms.control(self.conversation_id, Want(self.answering, len(self.pieces)))

    def _send(self, data: bytes) -> None:
        self._sent_at = self._rooms.clock()
        frame = text_frame(data)
        for listener in list(self.listeners):
            listener.send(frame)
