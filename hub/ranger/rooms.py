"""The conversations that are open on this worker."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import msgspec

from hub.channels.broker import Broker
from hub.conversation import Change, ChatDelta, encode
from hub.errors import Unavailable
from hub.ranger.control import Control
from hub.ranger.room import Room
from hub.store import conversations
from hub.store.conversations import Transcript
from hub.store.database import Database

TOPIC = "chat:"
KEPT_SECONDS = 20.0
READS_AT_ONCE = 4
_decoder = msgspec.json.Decoder(Change | ChatDelta | Control)
log = logging.getLogger("hub.ranger")


class Rooms:
    """The rooms of this worker, opened for the first who enters and closed a while after the last has left."""

    def __init__(self, database: Database, broker: Broker, clock: Callable[[], float]) -> None:
        self.database = database
        self.clock = clock
        self.is_local: Callable[[int], bool] = lambda message_id: False
        self.controlled: Callable[[int, Control], None] = lambda conversation_id, control: None
        self.open: dict[int, Room] = {}
        self._broker = broker
        self._turns = asyncio.Semaphore(READS_AT_ONCE)
        self._tasks: set[asyncio.Task[object]] = set()

    async def enter(self, conversation_id: int) -> tuple[Room, Transcript | None]:
        """Hold the room, with the conversation as it is now. Raises Unavailable, and then nothing is held."""
        room = self.open.get(conversation_id)
        if room is None:
            room = self.open[conversation_id] = Room(conversation_id, self)
            # Nobody waits for the broker: what is told before it listens is read once it does.
            self._broker.subscribe(f"{TOPIC}{conversation_id}")
        room.holders += 1
        try:
            # Few at a time on a worker, however many come.
            async with self._turns:
                return room, await room.read()
        except BaseException:
            self.leave(room)
            raise

    def leave(self, room: Room) -> None:
        """Hold the room no longer."""
        room.holders -= 1
        room.empty_since = self.clock()

    def publish(self, conversation_id: int, change: Change | ChatDelta) -> None:
        """Tell this worker's sockets and the other workers."""
        data = encode(change)
        room = self.open.get(conversation_id)
        if room is not None:
            self._give(room, change, data)
        self._broker.publish(f"{TOPIC}{conversation_id}", data)

    def control(self, conversation_id: int, control: Control) -> None:
        """Ask the worker of an answer for something."""
        self._broker.publish(f"{TOPIC}{conversation_id}", encode(control))

    def repeat(self, conversation_id: int, message_id: int, start: int, pieces: Sequence[str]) -> None:
        """Tell the other workers an answer's pieces from `start` on once more."""
        for index in range(start, len(pieces)):
            data = encode(ChatDelta(message_id, index, pieces[index]))
            self._broker.publish(f"{TOPIC}{conversation_id}", data)

    def receive(self, topic: str, data: bytes) -> None:
        """Take what came over the broker. Raises msgspec.MsgspecError or ValueError for what cannot be read."""
        conversation_id = int(topic.removeprefix(TOPIC))
        room = self.open.get(conversation_id)
        if room is None:
            return
        # The sockets are given these very bytes, and a text frame that is not UTF-8 ends a browser's connection.
        data.decode()
        message = _decoder.decode(data)
        if isinstance(message, Control):
            self.controlled(conversation_id, message)
        else:
            self._give(room, message, data)

    def subscribed(self, topic: str) -> None:
        """The broker gives a conversation's messages from here on: read what was told while nobody listened."""
        room = self.open.get(int(topic.removeprefix(TOPIC)))
        if room is not None and room.holders:
            self.background(self._catch_up(room))

    async def tick(self) -> None:
        """Once a second: what did not come over the broker is read from the store. Raises Unavailable."""
        self._close_idle()
        if not self.open:
            return
        were_at = {room.conversation_id: room.seq for room in self.open.values()}
        heads = await self.database.read(lambda tx: conversations.heads(tx, list(were_at)))
        for room in list(self.open.values()):
            room.heartbeat()
            await self._compare(room, heads.get(room.conversation_id), were_at.get(room.conversation_id, -1))
            await room.catch_up()

    def background(self, work: Coroutine[Any, Any, object]) -> None:
        """Do something without waiting for it; it logs its own failures."""
        task = asyncio.create_task(_logged(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """End what runs in the background."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _give(self, room: Room, message: Change | ChatDelta, data: bytes) -> None:
        if isinstance(message, ChatDelta):
            room.piece(message, data)
        else:
            room.changed(message, data)

    async def _catch_up(self, room: Room) -> None:
        if room.seq < 0:
            await room.read()
        heads = await self.database.read(lambda tx: conversations.heads(tx, [room.conversation_id]))
        if heads.get(room.conversation_id) != room.seq:
            await room.read()

    async def _compare(self, room: Room, seq: int | None, was_at: int) -> None:
        """Read a room again that has lagged behind the store for a second, as a change may just be on its way; or that
        the store is behind of, as it is an older state than before.
        """
        if seq is None or seq < was_at or (seq > room.seq and room.lagging_at == room.seq):
            await room.read()
        room.lagging_at = room.seq if seq is not None and seq > room.seq else None

    def _close_idle(self) -> None:
        before = self.clock() - KEPT_SECONDS
        for conversation_id, room in list(self.open.items()):
            if not room.holders and room.empty_since < before:
                del self.open[conversation_id]
                self._broker.unsubscribe(f"{TOPIC}{conversation_id}")


async def _logged(work: Coroutine[Any, Any, object]) -> None:
    try:
        await work
    except Unavailable as error:
        log.warning("a conversation has to wait: %s", error)
