"""A room gives its sockets every piece once and in order, in whatever order and however often it hears of them."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame
from websockets.protocol import CLIENT, OPEN, Protocol

from hub.channels.memory import MemoryBroker
from hub.conversation import ChatDelta, ChatDone, ChatStarted, Conversation, Message, encode
from hub.ranger.control import Control, Want
from hub.ranger.room import Room
from hub.ranger.rooms import Rooms
from hub.ranger.whole import WHOLE_BYTES
from hub.store.conversations import Transcript
from hub.store.database import Database

ANSWER = 7


class Worker:
    """What a room needs; there is no store, because nothing here may need one."""

    database: Database

    def __init__(self) -> None:
        self.now = 0.0
        self.clock: Callable[[], float] = lambda: self.now
        self.is_local: Callable[[int], bool] = lambda message_id: False
        self.asked: list[Control] = []

    def control(self, conversation_id: int, control: Control) -> None:
        self.asked.append(control)

    def background(self, work: Coroutine[Any, Any, object]) -> None:
        work.close()
        raise AssertionError("the room wanted to read the store")


class Listener:
    """A socket's end."""

    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []

    def send(self, *parts: bytes) -> None:
        received = Protocol(CLIENT, state=OPEN, max_size=None)
        received.receive_data(b"".join(parts))
        self.frames += [msgspec.json.decode(one.data) for one in received.events_received() if isinstance(one, Frame)]

    def close(self, code: int, reason: str = "") -> None:
        raise AssertionError(f"closed with {code}")

    @property
    def text(self) -> str:
        return "".join(frame["text"] for frame in self.frames if frame["type"] == "chat.delta")


def answer() -> Message:
    return Message(id=ANSWER, conversation=1, role="ranger", text="", status="streaming", created_at="", updated_at="")


def started(worker: Worker) -> tuple[Room, Listener]:
    """A room with an answer under way, and somebody who listens."""
    room, listener = Room(1, worker), Listener()
    room.seq = 0
    room.listeners.add(listener)
    give(room, ChatStarted(seq=1, message_id=ANSWER, message=answer()))
    return room, listener


def give(room: Room, *messages: Any) -> None:
    for message in messages:
        if isinstance(message, ChatDelta):
            room.piece(message, encode(message))
        else:
            room.changed(message, encode(message))


def pieces(count: int) -> list[ChatDelta]:
    return [ChatDelta(ANSWER, index, f"{index};") for index in range(count)]


@given(st.data())
def test_pieces_in_any_order_and_twice_are_given_once_in_order(data: st.DataObject) -> None:
    room, listener = started(Worker())
    sent = pieces(12)
    heard = data.draw(st.permutations(sent + data.draw(st.lists(st.sampled_from(sent)))))
    give(room, *heard)
    assert [frame["index"] for frame in listener.frames[1:]] == list(range(12))
    assert room.text == listener.text == "".join(piece.text for piece in sent)


def test_a_missing_piece_is_asked_for() -> None:
    worker = Worker()
    room, listener = started(worker)
    first, second, third = pieces(3)
    give(room, first, third)
    assert worker.asked == [Want(ANSWER, 1)]
    assert listener.text == "0;"
    give(room, second)
    assert listener.text == "0;1;2;"


def test_pieces_that_overtake_their_start_wait_for_it() -> None:
    room, listener = Room(1, Worker()), Listener()
    room.seq = 0
    room.listeners.add(listener)
    give(room, *pieces(2), ChatStarted(seq=1, message_id=ANSWER, message=answer()))
    assert [frame["type"] for frame in listener.frames] == ["chat.started", "chat.delta", "chat.delta"]


def test_a_change_that_was_heard_before_is_not_repeated() -> None:
    room, listener = started(Worker())
    done = ChatDone(seq=2, message_id=ANSWER, text="All.", finish="stop", sources=[])
    give(room, done, done, *pieces(1))
    assert [frame["type"] for frame in listener.frames] == ["chat.started", "chat.done"]
    assert room.answering is None


def test_a_quiet_room_says_where_it_is() -> None:
    worker = Worker()
    room, listener = started(worker)
    room.heartbeat()
    assert len(listener.frames) == 1
    worker.now = 25
    room.heartbeat()
    assert listener.frames[-1] == {"type": "heartbeat", "seq": 1}


async def test_a_room_that_missed_a_change_reads_it() -> None:
    class Reading(Worker):
        def background(self, work: Coroutine[Any, Any, object]) -> None:
            work.close()
            self.read = True

    worker = Reading()
    room, listener = started(worker)
    give(room, ChatDone(seq=4, message_id=ANSWER, text="", finish="stop", sources=[]))
    assert worker.read
    assert len(listener.frames) == 1
    await asyncio.sleep(0)


class Stored:
    """A store that has one conversation, as of `seq`."""

    def __init__(self, seq: int) -> None:
        self.seq = seq
        self.reads = 0

    async def read(self, unit: Callable[[Any], Any]) -> Transcript:
        self.reads += 1
        return Transcript(self.seq, Conversation(1, "", None, "", ""), [], [])


@pytest.mark.parametrize(("told", "stored"), [(10**12, 3), (2, 1)])
async def test_what_is_told_of_changes_that_there_are_not_ends_after_a_few_looks(told: int, stored: int) -> None:
    store = Stored(stored)
    worker = Worker()
    worker.database = store  # type: ignore[assignment]
    worker.background = lambda work: work.close()  # type: ignore[method-assign]
    room, _ = started(worker)
    room.seq = min(told - 2, 5) if told > 2 else 5
    give(room, ChatDone(seq=told, message_id=ANSWER, text="", finish="stop", sources=[]))
    found = await room.read()
    assert found is not None
    assert (found.seq, room.seq) == (stored, stored)
    assert store.reads < 20


@pytest.mark.parametrize(
    "message",
    [
        b"hello",
        b'{"type":"want","message_id":7,"index":-1000000000000}',
        b'{"type":"chat.delta","message_id":7,"index":-1,"text":""}',
        b'{"type":"chat.delta","message_id":7,"index":1.5,"text":""}',
        b'{"type":"chat.removed","seq":1,"message_ids":[],"more":"\xff"}',
        b'{"type":"chat.done","seq":"1"}',
    ],
)
async def test_what_no_worker_has_told_is_refused(message: bytes) -> None:
    rooms = Rooms(Stored(0), MemoryBroker(), lambda: 0.0)  # type: ignore[arg-type]
    room, _ = await rooms.enter(1)
    asked: list[Control] = []
    rooms.controlled = lambda conversation_id, control: asked.append(control)
    with pytest.raises((ValueError, msgspec.MsgspecError)):
        rooms.receive("chat:1", message)
    rooms.leave(room)
    assert asked == []


def test_one_that_does_not_read_is_told_nothing_and_then_the_pieces_that_it_missed() -> None:
    room, slow = started(Worker())
    quick = Listener()
    room.join(quick)
    first, *rest = pieces(40)
    give(room, first)
    room.filled(slow)
    give(room, *rest[:-1])
    assert slow.text == "0;"
    room.drained(slow)
    give(room, rest[-1])
    assert slow.text == quick.text == "".join(piece.text for piece in pieces(40))
    assert room.behind == {}


async def test_one_that_missed_a_change_gets_the_conversation_whole() -> None:
    work: list[Coroutine[Any, Any, object]] = []
    worker = Worker()
    worker.database = Stored(2)  # type: ignore[assignment]
    worker.background = work.append  # type: ignore[method-assign]
    room, slow = started(worker)
    room.filled(slow)
    give(room, ChatDone(seq=2, message_id=ANSWER, text="All.", finish="stop", sources=[]))
    room.drained(slow)
    assert [frame["type"] for frame in slow.frames] == ["chat.started"]
    await work[0]
    assert slow.frames[-1]["type"] == "chat.snapshot"
    assert slow.frames[-1]["seq"] == 2
    assert slow in room.listeners


def test_who_has_missed_nothing_is_sent_nothing_again() -> None:
    room, slow = started(Worker())
    room.filled(slow)
    room.drained(slow)
    assert [frame["type"] for frame in slow.frames] == ["chat.started"]


async def test_all_at_one_place_share_one_copy_of_a_conversation_of_bounded_size() -> None:
    room = Room(1, Worker())
    room.seq = 3
    long = [
        Message(id=n, conversation=1, role="user", text="x" * 30_000, created_at="", updated_at="") for n in range(100)
    ]
    found = Transcript(3, Conversation(1, "", None, "", ""), long, [])
    data = room.whole(found)
    assert room.whole(found) is data
    told = msgspec.json.decode(b"{" + data)
    assert len(data) <= WHOLE_BYTES + 1_000
    assert [message["id"] for message in told["messages"]] == list(range(100 - len(told["messages"]), 100))
    assert (told["seq"], told["message_id"], told["index"]) == (3, None, None)


async def test_a_room_that_is_ahead_of_a_store_that_went_back_gives_everybody_what_is_stored() -> None:
    class Back(Stored):
        async def read(self, unit: Callable[[Any], Any]) -> Any:
            found = await super().read(unit)
            # The rooms ask for the heads first, then for the conversation.
            return {1: self.seq} if self.reads == 2 else found

    store = Back(5)
    rooms = Rooms(store, MemoryBroker(), lambda: 0.0)  # type: ignore[arg-type]
    room, _ = await rooms.enter(1)
    listener = Listener()
    room.listeners.add(listener)
    assert (room.seq, store.reads) == (5, 1)
    store.seq = 3
    await rooms.tick()
    assert (room.seq, listener.frames[-1]["type"], listener.frames[-1]["seq"]) == (3, "chat.snapshot", 3)
