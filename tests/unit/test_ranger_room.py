"""A room gives its sockets every piece once and in order, in whatever order and however often it hears of them."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from hub.conversation import ChatDelta, ChatDone, ChatStarted, Message, encode
from hub.ranger.room import Control, Room, Want
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

    def send(self, data: bytes) -> None:
        self.frames.append(msgspec.json.decode(data[data.index(b"{") :]))

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
