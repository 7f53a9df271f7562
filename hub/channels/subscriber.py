"""One socket on a channel's feed: its greeting, its place when it falls behind, and what its client may send."""

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import msgspec

from hub.channels import codes
from hub.channels.feed import Feed
from hub.channels.frames import text_frame
from hub.channels.presence import Presence
from hub.channels.session import Session, Sessions
from hub.errors import Forbidden, Gone, HubError
from hub.locations import Location, LocationInput, location_of
from hub.protocol import (
    ChannelFrame,
    ErrorFrame,
    FrameId,
    Hello,
    LocationClear,
    LocationSet,
    TypingFrame,
    Welcome,
    encode,
)
from hub.tokens import Identity

HEARTBEAT_SECONDS = 25


class Channels(Sessions, Protocol):
    """What a subscriber needs of its worker."""

    presence: Presence

    def typing(self, channel: str, who: Identity) -> None:
        """A member is writing."""

    def locations_of(self, channel: str) -> list[Location]:
        """The live locations of a channel."""

    def share_location(self, channel: str, who: Identity, new: LocationInput) -> None:
        """A member shares a position. Raises Muted."""

    def clear_location(self, channel: str, who: Identity, done: Callable[[HubError | None], None]) -> None:
        """A member stops sharing; `done` hears when that is so, or why not."""


class Subscriber(Session):
    """A reader of one channel. `seq` and `latest_seen` count only while it is behind."""

    __slots__ = ("channels", "feed", "latest_seen", "reading_log", "seq")

    decoder = msgspec.json.Decoder(ChannelFrame)

    def __init__(self, channels: Channels, feed: Feed, address: str) -> None:
        super().__init__(channels, address)
        self.channels = channels
        self.feed = feed
        self.seq = 0
        self.latest_seen = 0
        self.reading_log = False
        feed.attach()

    @property
    def path(self) -> str:
        return f"/ws/channels/{self.feed.channel}"

    def hello(self, frame: Hello) -> None:
        self.channels.presence.join(self.feed.channel, self._name)
        self.feed.recovery.join(self, frame.since, frame.epoch, frame.mark or "")

    def welcome(self, *, recovered: bool, replay: bytes = b"") -> None:
        """Answer `hello`, with the missed events in the same write."""
        frame = Welcome(
            channel=self.feed.channel,
            seq=self.feed.seq,
            epoch=self.feed.epoch,
            recovered=recovered,
            user=self.user,
            heartbeat=HEARTBEAT_SECONDS,
            locations=self.channels.locations_of(self.feed.channel),
            presence=self.channels.presence.of(self.feed.channel),
            mark=self.feed.ring.mark,
        )
        # The replay is shared with others who were at the same place: it is not copied.
        self.send(text_frame(encode(frame)), replay)

    def frame_received(self, frame: Any) -> None:
        if isinstance(frame, TypingFrame):
            self.channels.typing(self.feed.channel, self._member("say that you are writing"))
        elif isinstance(frame, LocationSet):
            who = self._member("share where you are")
            new = location_of(frame.latitude, frame.longitude, frame.precision, frame.expires_in)
            self.channels.share_location(self.feed.channel, who, new)
            self.acknowledge(frame.id)
        elif isinstance(frame, LocationClear):
            who = self._member("stop sharing")
            self.channels.clear_location(self.feed.channel, who, partial(self._cleared, frame.id))

    def say_deleted(self) -> None:
        """The channel is no longer there: tell the reader, and close for good."""
        self.send_frame(ErrorFrame(Gone.code, "This channel has been deleted."))
        self.close(codes.FORBIDDEN, "this channel has been deleted")

    def fall_behind(self, seq: int, latest_seen: int) -> None:
        """Note what was last written to a socket that does not keep up."""
        self.seq = seq
        self.latest_seen = latest_seen

    def filled(self) -> None:
        self.feed.filled(self)

    def drained(self) -> None:
        if self in self.feed.behind:
            self.feed.recovery.catch_up(self)
        else:
            self.feed.drained(self)

    def closing(self) -> None:
        self.feed.leave(self)

    def ended(self) -> None:
        self.feed.detach(self)
        if self.greeted:
            self.channels.presence.leave(self.feed.channel, self._name)
        super().ended()

    def _cleared(self, frame_id: FrameId | None, error: HubError | None) -> None:
        if error is None:
            self.acknowledge(frame_id)
        else:
            self.send_frame(ErrorFrame(error.code, error.detail, frame_id, error.retry_after))

    @property
    def _name(self) -> str | None:
        return None if self.identity is None else self.identity.username

    def _member(self, what: str) -> Identity:
        if self.identity is None:
            raise Forbidden(f"Log in to {what}.")
        return self.identity
