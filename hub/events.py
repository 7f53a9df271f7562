"""The events of a channel: one definition for validation, the wire, AsyncAPI and the tests.

Durable events have a `seq` and are in the event log; the others never are.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from hub.locations import Location
from hub.marks import mark_in
from hub.model import Channel, Post, Rating, Review, Role


class Deleted(Struct, frozen=True):
    """What was deleted."""

    id: int


class PresenceData(Struct, frozen=True):
    """Who is in the channel: members by name (at most 100 of them), guests by number, and how many in all."""

    members: list[str]
    guests: int
    count: int


class Who(Struct, frozen=True):
    """The member that a passing event is about."""

    username: str


class Member(Struct, frozen=True, omit_defaults=True):
    """What a member is called now, in all that is shown of them; `role` is there for moderators and admins only.

    Of an account that was deleted `username` is null, and the `posts` and `reviews` that it is about are named. These
    have no `client_id` any more, and the reviews no stars.
    """

    username: str | None
    name: str
    role: Role | None = None
    posts: list[int] = []
    reviews: list[int] = []


class Durable(Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """An event with a place on the channel's number line; `mark` stands for all events up to it."""

    channel: str
    seq: int
    at: str
    mark: str = ""


class PostCreated(Durable, frozen=True, tag="post.created"):
    data: Post


class PostUpdated(Durable, frozen=True, tag="post.updated"):
    data: Post


class PostDeleted(Durable, frozen=True, tag="post.deleted"):
    data: Deleted


class ReviewCreated(Durable, frozen=True, tag="review.created"):
    data: Review


class ReviewUpdated(Durable, frozen=True, tag="review.updated"):
    data: Review


class ReviewDeleted(Durable, frozen=True, tag="review.deleted"):
    data: Deleted


class RatingUpdated(Durable, frozen=True, tag="rating.updated"):
    data: Rating


class ChannelUpdated(Durable, frozen=True, tag="channel.updated"):
    data: Channel


class MemberUpdated(Durable, frozen=True, tag="member.updated"):
    data: Member


class Tombstone(Durable, frozen=True, tag="tombstone"):
    """Stands where an entry was that a later one replaced."""


class Live(Struct, frozen=True, kw_only=True, tag_field="type"):
    """An event without a place on the number line."""

    channel: str
    at: str


class PresenceChanged(Live, frozen=True, tag="presence.changed"):
    data: PresenceData


class LocationUpdated(Live, frozen=True, tag="location.updated"):
    data: Location


class LocationRemoved(Live, frozen=True, tag="location.removed"):
    data: Who


class Typing(Live, frozen=True, tag="typing"):
    data: Who


DurableEvent = (
    PostCreated
    | PostUpdated
    | PostDeleted
    | ReviewCreated
    | ReviewUpdated
    | ReviewDeleted
    | RatingUpdated
    | ChannelUpdated
    | MemberUpdated
    | Tombstone
)
LiveEvent = PresenceChanged | LocationUpdated | LocationRemoved | Typing
Event = DurableEvent | LiveEvent

# How the entities of `member.updated` begin that tell of an account's end.
LEFT = "left:"
_encoder = msgspec.json.Encoder()


class _Head(Struct, frozen=True):
    """What every event begins with."""

    type: str
    channel: str
    at: str
    seq: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 0


_decode_head = msgspec.json.Decoder(_Head).decode


class Head(Struct, frozen=True):
    """A place on a channel's number line: its newest event at some moment. An unknown mark is empty."""

    slug: str
    epoch: str
    seq: int
    mark: str


class Envelope(Struct, frozen=True):
    """An event on its way between workers, with what the feed needs without reading it.

    `seq` is 0 for an event that is not durable. `entity` names the thing that the event is the newest word on
    (`post:7`); an earlier entry of the same entity is replaced by a tombstone. `text` is the event's JSON.
    """

    channel: str
    epoch: str
    seq: int
    entity: str
    text: bytes

    @property
    def mark(self) -> str:
        """The event's mark, empty when it has none."""
        return mark_in(self.text)

    def encode(self) -> bytes:
        """The bytes that go over the broker."""
        return f"{self.epoch}\n{self.seq}\n{self.entity}\n".encode() + self.text


def decode_envelope(channel: str, message: bytes) -> Envelope:
    """Read what `Envelope.encode` made.

    Raises ValueError or MsgspecError for anything else: subscribers are given the text as it is.
    """
    epoch, seq, entity, text = message.split(b"\n", 3)
    text.decode()
    head = _decode_head(text)
    if (head.channel, head.seq) != (channel, int(seq)):
        raise ValueError("the event is not the one that it is announced as")
    return Envelope(channel, epoch.decode(), head.seq, entity.decode(), text)


def encode_event(event: Event) -> bytes:
    """The event's JSON text, UTF-8."""
    return _encoder.encode(event)


def tombstone(channel: str, seq: int, at: str, mark: str = "") -> bytes:
    """The JSON text of the tombstone at `seq`; the mark of what was there stays."""
    return encode_event(Tombstone(channel=channel, seq=seq, at=at, mark=mark))


DELIVERY: dict[str, Literal["durable", "latest", "passing"]] = {
    "post.created": "durable",
    "post.updated": "durable",
    "post.deleted": "durable",
    "review.created": "durable",
    "review.updated": "durable",
    "review.deleted": "durable",
    "rating.updated": "durable",
    "channel.updated": "durable",
    "member.updated": "durable",
    "tombstone": "durable",
    "presence.changed": "latest",
    "location.updated": "latest",
    "location.removed": "latest",
    "typing": "passing",
}


class _Stamp(Struct, frozen=True):
    at: str
    mark: str = ""


def tombstone_of(channel: str, seq: int, text: bytes) -> bytes:
    """The JSON text of the tombstone that takes the place of the event `text`."""
    stamp = msgspec.json.decode(text, type=_Stamp)
    return tombstone(channel, seq, stamp.at, stamp.mark)
