"""What moderators and members say about what others wrote: reports, hiding, mutes, and the log of it all."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from hub.errors import Muted
from hub.model import Author, Input, Post, Review, Slug
from hub.validation import check_text

Kind = Literal["post", "review"]
Outcome = Literal["hidden", "deleted", "dismissed"]
Action = Literal[
    "post.hidden",
    "post.restored",
    "post.edited",
    "post.deleted",
    "review.hidden",
    "review.restored",
    "review.edited",
    "review.deleted",
    "review.stars_removed",
    "rating.removed",
    "location.removed",
    "report.dismissed",
    "member.muted",
    "member.unmuted",
    "member.created",
    "member.role_changed",
    "member.password_reset",
    "channel.created",
    "channel.updated",
    "channel.deleted",
]
Reason = Annotated[str, Meta(min_length=1, max_length=500)]
MAX_MINUTES = 366 * 24 * 60


class ReasonInput(Input, frozen=True):
    """Why something is reported or hidden."""

    reason: Reason

    def __post_init__(self) -> None:
        check_text("reason", self.reason)


class MuteInput(ReasonInput, frozen=True):
    """Who may not write, for how long, and where: everywhere without a `channel`."""

    username: Annotated[str, Meta(min_length=1, max_length=80)]
    minutes: Annotated[int, Meta(ge=1, le=MAX_MINUTES)]
    channel: Slug | None = None


class Mute(Struct, frozen=True):
    """A member who may not write until then; `channel` is null for everywhere, `by` for a moderator who has left."""

    id: int
    username: str
    channel: str | None
    until: str
    reason: str
    by: str | None
    created_at: str


class MuteInForce(Struct, frozen=True):
    """What the sockets need to know of a mute; `channel` is "" for everywhere."""

    user_id: int
    channel: str
    until: str
    reason: str

    def covers(self, channel: str | None) -> bool:
        """Whether the mute is for what is shown in `channel`; None is what is shown in all of them, as a name is."""
        return channel is None or self.channel in ("", channel)

    def error(self) -> Muted:
        """What the muted member is told."""
        where = f" in {self.channel}" if self.channel else ""
        until = datetime.fromisoformat(self.until)
        return Muted(
            f"A moderator has muted you{where} until {until.day} {until:%B %Y, %H:%M} UTC: {self.reason}",
        )


def check_mutes(mutes: Iterable[MuteInForce], channel: str | None) -> None:
    """The one rule for all that is shown to others: Muted for a member of whom a mute covers the place."""
    for mute in sorted(mutes, key=lambda one: one.until, reverse=True):
        if mute.covers(channel):
            raise mute.error()


class Report(Struct, frozen=True):
    """What one member says about a post or a review; the outcome is null while it is open."""

    id: int
    kind: Kind
    thing_id: int
    reporter: Author
    reason: str
    created_at: str
    outcome: Outcome | None


class Reported(Struct, frozen=True, omit_defaults=True):
    """A post or a review with the open reports about it."""

    kind: Kind
    reports: list[Report]
    post: Post | None = None
    review: Review | None = None


class HiddenThing(Struct, frozen=True, omit_defaults=True):
    """A post or a review that is hidden."""

    kind: Kind
    post: Post | None = None
    review: Review | None = None


class Standing(Struct, frozen=True):
    """What moderators have decided about one member: mutes, and what is hidden of what the member wrote."""

    mutes: list[Mute]
    posts: list[Post]
    reviews: list[Review]


class Resolution(Input, frozen=True):
    """What to do about the reported thing; hiding needs a `reason`, which its author sees."""

    action: Literal["dismiss", "hide", "delete"]
    reason: Annotated[str, Meta(max_length=500)] = ""


class AuditEntry(Struct, frozen=True):
    """What somebody with rights did, to what, and why; `member` is null when they have left, or nobody's was changed.

    `actor` keeps the username when its account is deleted; it is null for the operator, at the hub's command line.
    """

    id: int
    at: str
    actor: str | None
    action: Action
    member: str | None
    channel: str | None
    thing_id: int | None
    reason: str
    until: str | None
    by_operator: bool = False
