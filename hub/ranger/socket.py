"""One websocket of a conversation: its welcome, what it may send, and the errors of what was refused."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from hub.channels import codes
from hub.channels.frames import text_frame_in_parts
from hub.channels.session import Session, Sessions
from hub.conversation import ChatGreeting, MessageInput, encode, question
from hub.errors import HubError, NotFound, Unauthorized
from hub.protocol import ChatFrame, ChatRegenerate, ChatSend, ChatStop, ErrorFrame, FrameId, Hello
from hub.ranger.ranger import Ranger
from hub.ranger.room import HEARTBEAT_SECONDS, Room
from hub.tokens import Identity

NOT_YOURS = "there is no such conversation of yours"
log = logging.getLogger("hub.sockets")


class ChatSocket(Session):
    """A member's socket on one conversation."""

    __slots__ = ("conversation_id", "ranger", "room", "tasks")

    decoder = msgspec.json.Decoder(ChatFrame)

    def __init__(self, sessions: Sessions, ranger: Ranger, conversation_id: int, address: str) -> None:
        super().__init__(sessions, address)
        self.ranger = ranger
        self.conversation_id = conversation_id
        self.room: Room | None = None
        self.tasks: set[asyncio.Task[None]] = set()

    @property
    def path(self) -> str:
        return f"/ws/chat/{self.conversation_id}"

    def hello(self, frame: Hello) -> None:
        if self.identity is None:
            raise Unauthorized("Log in to talk with the ranger.")
        self._do(self._join)

    def frame_received(self, frame: Any) -> None:
        who = self.identity
        assert who is not None
        if isinstance(frame, ChatSend):
            new = question(frame.text, frame.client_id)
            self._do(lambda: self._send(who, frame.id, new), frame.id)
        elif isinstance(frame, ChatStop):
            self._do(lambda: self._stop(who, frame.id), frame.id)
        elif isinstance(frame, ChatRegenerate):
            self._do(lambda: self._regenerate(who, frame), frame.id)

    def ended(self) -> None:
        if self.room is not None:
            self.room.part(self)
            self.ranger.rooms.leave(self.room)
            self.room = None
        super().ended()

    def filled(self) -> None:
        if self.room is not None:
            self.room.filled(self)

    def drained(self) -> None:
        if self.room is not None:
            self.room.drained(self)

    async def _join(self) -> None:
        who = self.identity
        assert who is not None
        if not await self.ranger.owns(who, self.conversation_id):
            self.close(codes.FORBIDDEN, NOT_YOURS)
            return
        room, found = await self.ranger.rooms.enter(self.conversation_id)
        try:
            # What happened between the reading and now has been told to others, not to this socket.
            while found is not None and found.seq != room.seq:
                found = await room.read()
            if found is None:
                self.close(codes.FORBIDDEN, NOT_YOURS)
            if found is None or not self.is_open:
                self.ranger.rooms.leave(room)
                return
        except BaseException:
            self.ranger.rooms.leave(room)
            raise
        self.room = room
        room.join(self)
        greeting = ChatGreeting(self.user, HEARTBEAT_SECONDS, self.ranger.model.name)
        self.send(*text_frame_in_parts(encode(greeting)[:-1] + b",", room.whole(found)))

    async def _send(self, who: Identity, frame_id: FrameId | None, new: MessageInput) -> None:
        begun = await self.ranger.ask(who, self.conversation_id, new)
        self.acknowledge(frame_id, {"message_id": begun.question.id, "answer": begun.answer_id})

    async def _stop(self, who: Identity, frame_id: FrameId | None) -> None:
        await self.ranger.stop_in(who, self.conversation_id)
        self.acknowledge(frame_id)

    async def _regenerate(self, who: Identity, frame: ChatRegenerate) -> None:
        begun = await self.ranger.regenerate(who, self.conversation_id, frame.message_id)
        self.acknowledge(frame.id, {"message_id": begun.question.id, "answer": begun.answer_id})

    def _do(self, work: Callable[[], Awaitable[None]], frame_id: FrameId | None = None) -> None:
        task = asyncio.create_task(self._answered(work, frame_id))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _answered(self, work: Callable[[], Awaitable[None]], frame_id: FrameId | None) -> None:
        try:
            await work()
        except HubError as error:
            self.send_frame(ErrorFrame(error.code, error.detail, frame_id, error.retry_after))
            if work == self._join:
                self.close(codes.INTERNAL, error.detail)
        except Exception:
            log.exception("a frame could not be handled", extra={"path": self.path})
            self.close(codes.INTERNAL, "something went wrong on our side")


async def open_chat(sessions: Sessions, ranger: Ranger, conversation_id: str, address: str) -> ChatSocket:
    """A socket for `/ws/chat/{conversation_id}`; whose conversation it is shows with its `hello`. Raises NotFound."""
    if not (conversation_id.isascii() and conversation_id.isdigit() and len(conversation_id) < 19):
        raise NotFound("There is no such conversation.")
    return ChatSocket(sessions, ranger, int(conversation_id), address)
