"""What things are: the shapes that REST gives and takes.

Times are RFC 3339 in UTC, ids are integers, stars are 1 to 5.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct
from msgspec.structs import force_setattr

from hub.errors import invalid_field
from hub.names import check_line, name_of
from hub.validation import check_content, check_text

Role = Literal["visitor", "moderator", "admin"]
ChannelKind = Literal["park", "topic"]
SessionKind = Literal["cookie", "body"]

Title = Annotated[str, Meta(min_length=1, max_length=255)]
Comment = Annotated[str, Meta(min_length=1, max_length=4000)]
# Python's `$` also matches before a line's end, hence the lookahead.
Username = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{2,31}(?!\n)$")]
Password = Annotated[str, Meta(min_length=10, max_length=256)]
DisplayName = Annotated[str, Meta(min_length=1, max_length=80)]
Slug = Annotated[str, Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*(?!\n)$", max_length=80)]
Stars = Annotated[int, Meta(ge=1, le=5)]

FORMER_MEMBER = "former member"


def rfc3339(moment: datetime) -> str:
    """`moment` as RFC 3339 text in UTC with microseconds, so that texts sort as times do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[: -len("+00:00")] + "Z"


def utc_now() -> str:
    """This moment as RFC 3339 text."""
    return rfc3339(datetime.now(UTC))


def later_than(earlier: str, moment: str) -> str:
    """`moment`, or the next microsecond after `earlier` where the clock has not moved on from it (RFC 3339 texts)."""
    return moment if moment > earlier else rfc3339(datetime.fromisoformat(earlier) + timedelta(microseconds=1))


def latest_today() -> date:
    """The latest date that it is anywhere: parks from Samoa to Guam span two days, and visitors' clocks more."""
    return (datetime.now(UTC) + timedelta(hours=14)).date()


class Input(Struct, frozen=True, forbid_unknown_fields=True):
    """Base of everything that comes from outside: unknown fields are refused."""


class Author(Struct, frozen=True, omit_defaults=True):
    """Who wrote something; a deleted account's `username` is null. `role` is there for moderators and admins only."""

    username: str | None
    name: str
    role: Role | None = None


class User(Struct, frozen=True):
    """A member, as others and the member see them."""

    username: str
    name: str
    role: Role


class Registration(Input, frozen=True):
    """A new account; `name` is what others see, the username when absent."""

    username: Username
    password: Password
    name: DisplayName | None = None
    session: SessionKind = "cookie"

    def __post_init__(self) -> None:
        if self.name is not None:
            force_setattr(self, "name", name_of("name", self.name))


class PostEdit(Input, frozen=True):
    """The fields of a post that its author writes."""

    title: Title
    comment: Comment
    content: dict[str, Any] = {}

    def __post_init__(self) -> None:
        check_text("title", self.title)
        check_line("title", self.title)
        check_text("comment", self.comment)
        check_content(self.content)


class PostInput(PostEdit, frozen=True):
    """A new post; `client_id` makes sending it twice safe."""

    client_id: UUID | None = None


class Hidden(Struct, frozen=True):
    """That a moderator has hidden something, when and why."""

    at: str
    reason: str


class Post(Struct, frozen=True, omit_defaults=True):
    """A post in a channel; `hidden` is there for its author and moderators only."""

    id: int
    channel: str
    author: Author
    title: str
    comment: str
    content: dict[str, Any]
    client_id: str | None
    created_at: str
    updated_at: str
    hidden: Hidden | None = None


class ReviewEdit(PostEdit, frozen=True):
    """The fields of a review that its author writes. Its stars are its author's rating of the channel."""

    stars: Stars | None = None
    visited_on: date | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.visited_on is not None and self.visited_on > latest_today():
            raise invalid_field("visited_on", "is in the future")


class ReviewInput(ReviewEdit, frozen=True):
    """A new review; `client_id` makes sending it twice safe."""

    client_id: UUID | None = None


class Review(Struct, frozen=True, omit_defaults=True):
    """A review of a channel; `helpful` is how many members found it so, `edited` whether its author changed it."""

    id: int
    channel: str
    author: Author
    title: str
    comment: str
    content: dict[str, Any]
    stars: Stars | None
    visited_on: date | None
    helpful: int
    edited: bool
    client_id: str | None
    created_at: str
    updated_at: str
    hidden: Hidden | None = None


class ParkFacts(Struct, frozen=True):
    """A park's own facts; degrees are WGS 84."""

    code: str
    full_name: str
    designation: str
    states: list[str]
    latitude: float
    longitude: float
    activities: list[str]
    topics: list[str]


class RatingSummary(Struct, frozen=True):
    """`average` is null while `count` is 0."""

    average: float | None
    count: int


class ChannelStats(Struct, frozen=True):
    """What a channel holds."""

    posts: int
    reviews: int
    rating: RatingSummary


class Channel(Struct, frozen=True):
    """A channel without what changes by the second."""

    slug: str
    name: str
    group: str
    kind: ChannelKind
    description: str
    park: ParkFacts | None
    stats: ChannelStats


class ChannelInput(Input, frozen=True):
    """A channel as an admin makes or changes it."""

    slug: Slug
    name: Annotated[str, Meta(min_length=1, max_length=120)]
    group: Annotated[str, Meta(min_length=1, max_length=80)]
    kind: ChannelKind = "topic"
    description: Annotated[str, Meta(max_length=500)] = ""

    def __post_init__(self) -> None:
        for field in ("name", "group"):
            check_text(field, getattr(self, field))
            check_line(field, getattr(self, field))


class Rating(Struct, frozen=True):
    """Stars of a channel; the histogram's keys are "1" to "5"."""

    average: float | None
    count: int
    histogram: dict[str, int]


class MyRating(Rating, frozen=True):
    """A channel's stars as one reader sees them: `mine` are the reader's own."""

    mine: Stars | None = None


class RatingInput(Input, frozen=True):
    """One's own stars of a channel."""

    stars: Stars


class AnalyticsInput(Input, frozen=True):
    """An analytics entry: the member's rating of a channel."""

    channel: Slug
    stars: Stars


class AnalyticsEdit(Input, frozen=True):
    """An entry's new stars; its channel cannot change."""

    stars: Stars
    channel: Slug | None = None


class AnalyticsEntry(Struct, frozen=True):
    """One member's rating of one channel; there is never a second one."""

    id: int
    channel: str
    username: str
    stars: Stars
    created_at: str
    updated_at: str


def rating_of(counts: list[int]) -> Rating:
    """The rating that `counts` (of one star, two stars …) add up to."""
    count = sum(counts)
    total = sum(stars * n for stars, n in enumerate(counts, start=1))
    histogram = {str(stars): n for stars, n in enumerate(counts, start=1)}
    return Rating(round(total / count, 4) if count else None, count, histogram)
