"""The frames of a websocket that are not events: what clients send, and what answers them."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from hub.conversation import QUESTION_LENGTH
from hub.events import PresenceData
from hub.locations import Location
from hub.model import User

FrameId = Annotated[str, Meta(max_length=64)] | Annotated[int, Meta(ge=0, le=2**53 - 1)]


class ClientFrame(Struct, frozen=True, tag_field="type", forbid_unknown_fields=True):
    """Base of all that a client sends."""


class Hello(ClientFrame, frozen=True, tag="hello"):
    """First and only once; `since`, `epoch` and `mark` resume where the client was."""

    token: Annotated[str, Meta(max_length=4096)] | None = None
    since: Annotated[int, Meta(ge=0)] | None = None
    epoch: Annotated[str, Meta(max_length=64)] | None = None
    mark: Annotated[str, Meta(max_length=64)] | None = None


class Auth(ClientFrame, frozen=True, tag="auth"):
    """A fresh token on a living socket."""

    token: Annotated[str, Meta(max_length=4096)]
    id: FrameId | None = None


class TypingFrame(ClientFrame, frozen=True, tag="typing"):
    """The member is writing."""


class LocationSet(ClientFrame, frozen=True, tag="location.set"):
    """Share where the member is; the fields are those of `PUT /api/channels/{slug}/location`."""

    latitude: float
    longitude: float
    precision: str = "area"
    expires_in: int | None = None
    id: FrameId | None = None


class LocationClear(ClientFrame, frozen=True, tag="location.clear"):
    """Stop sharing."""

    id: FrameId | None = None


class Ping(ClientFrame, frozen=True, tag="ping"):
    """Answered by `pong`."""

    id: FrameId | None = None


ChannelFrame = Hello | Auth | TypingFrame | LocationSet | LocationClear | Ping


class ChatSend(ClientFrame, frozen=True, tag="chat.send"):
    """A question to the ranger; `client_id` makes sending it twice safe."""

    text: Annotated[str, Meta(extra_json_schema={"minLength": 1, "maxLength": QUESTION_LENGTH})]
    id: FrameId | None = None
    client_id: UUID | None = None


class ChatStop(ClientFrame, frozen=True, tag="chat.stop"):
    """Stop the answer under way."""

    id: FrameId | None = None


class ChatRegenerate(ClientFrame, frozen=True, tag="chat.regenerate"):
    """Answer the newest question again; `message_id` says which one is meant, to be safe."""

    id: FrameId | None = None
    message_id: Annotated[int, Meta(ge=1)] | None = None


ChatFrame = Hello | Auth | Ping | ChatSend | ChatStop | ChatRegenerate


class Welcome(Struct, frozen=True, tag="welcome", tag_field="type"):
    """Answers `hello`. With `recovered` the events after `since` follow; without it, fetch the history."""

    channel: str
    seq: int
    epoch: str
    recovered: bool
    user: User | None
    heartbeat: int
    locations: list[Location]
    presence: PresenceData
    mark: str


class Ack(Struct, frozen=True, tag="ack", tag_field="type", omit_defaults=True):
    """Answers a frame that had an `id`."""

    id: FrameId
    data: dict[str, Any] | None = None


class ErrorFrame(Struct, frozen=True, tag="error", tag_field="type", omit_defaults=True):
    """Something was refused; the socket stays open. `retry_after` is in seconds."""

    code: str
    message: str
    id: FrameId | None = None
    retry_after: int | None = None


class Pong(Struct, frozen=True, tag="pong", tag_field="type", omit_defaults=True):
    """Answers `ping`."""

    id: FrameId | None = None


class Heartbeat(Struct, frozen=True, tag="heartbeat", tag_field="type", omit_defaults=True):
    """Sent when the channel was quiet; a higher `seq` than seen means something is missing.

    Another `mark` at the `seq` that was seen means that the log is another one: fetch the history again.
    """

    seq: int
    mark: str = ""


class Resync(Struct, frozen=True, tag="resync", tag_field="type"):
    """Fetch the history again, then go on from its `seq`."""

    reason: str


class Goodbye(Struct, frozen=True, tag="goodbye", tag_field="type"):
    """A planned close follows; come back after `reconnect_in` seconds."""

    reason: str
    reconnect_in: float


ServerFrame = Welcome | Ack | ErrorFrame | Pong | Heartbeat | Resync | Goodbye

encode = msgspec.json.Encoder().encode
