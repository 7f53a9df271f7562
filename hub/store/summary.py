"""The summary over all channels: read from counts that every change keeps up to date, never from the ratings."""

import hashlib
from collections.abc import Iterable, Mapping

import msgspec
from msgspec import Struct

from hub.model import ChannelKind, rating_of
from hub.store.database import Row, Transaction

MONTHS = 12
_CHANNELS = """SELECT id, slug, name, group_name, kind, posts, reviews, stars_1, stars_2, stars_3, stars_4, stars_5
    FROM channels WHERE deleted_at IS NULL ORDER BY position, id"""
_HEADS = """SELECT id, epoch, channels.seq, mark, posts, reviews FROM channels LEFT JOIN event_log
    ON event_log.channel_id = channels.id AND event_log.seq = channels.seq
    WHERE channels.deleted_at IS NULL ORDER BY channels.id"""
_MONTHS = "SELECT channel_id, month, ratings, stars FROM rating_months WHERE month >= :since"


class Month(Struct, frozen=True):
    """The ratings that were last set in a month (`2026-11`)."""

    month: str
    average: float | None
    ratings: int


class Totals(Struct, frozen=True):
    """What all channels add up to."""

    average: float | None
    ratings: int
    reviews: int
    posts: int
    histogram: dict[str, int]
    trend: list[Month]


class ChannelSummary(Struct, frozen=True):
    """One channel's numbers; the trend has the last twelve months, oldest first."""

    channel: str
    name: str
    group: str
    kind: ChannelKind
    average: float | None
    ratings: int
    reviews: int
    posts: int
    histogram: dict[str, int]
    trend: list[Month]


class Summary(Struct, frozen=True):
    """All channels, in the catalogue's order; `next` is always null."""

    items: list[ChannelSummary]
    total: Totals
    next: str | None = None


def read(tx: Transaction) -> Summary:
    """The numbers of this moment."""
    months = last_months(tx.now)
    counted = {(row["channel_id"], row["month"]): row for row in tx.all(_MONTHS, since=months[0])}
    rows = tx.all(_CHANNELS)
    items = [_channel(row, [_month(month, [counted.get((row["id"], month))]) for month in months]) for row in rows]
    trend = [_month(month, (counted.get((row["id"], month)) for row in rows)) for month in months]
    return Summary(items, _totals(rows, trend))


def version(tx: Transaction) -> str:
    """A name for the numbers of this moment: another one as soon as any of them has changed."""
    heads = [[row[name] for name in ("id", "epoch", "seq", "mark", "posts", "reviews")] for row in tx.all(_HEADS)]
    return hashlib.blake2b(msgspec.json.encode((tx.now[:7], heads)), digest_size=8).hexdigest()


def last_months(now: str) -> list[str]:
    """The twelve months up to that of `now` (RFC 3339), oldest first."""
    ending = int(now[:4]) * 12 + int(now[5:7]) - 1
    return [f"{n // 12:04}-{n % 12 + 1:02}" for n in range(ending - MONTHS + 1, ending + 1)]


def _channel(row: Row, trend: list[Month]) -> ChannelSummary:
    stars = rating_of(_stars(row))
    return ChannelSummary(
        channel=row["slug"],
        name=row["name"],
        group=row["group_name"],
        kind=row["kind"],
        average=stars.average,
        ratings=stars.count,
        reviews=row["reviews"],
        posts=row["posts"],
        histogram=stars.histogram,
        trend=trend,
    )


def _totals(rows: list[Row], trend: list[Month]) -> Totals:
    stars = rating_of([sum(counts) for counts in zip(*map(_stars, rows), strict=True)] or [0] * 5)
    return Totals(
        average=stars.average,
        ratings=stars.count,
        reviews=sum(row["reviews"] for row in rows),
        posts=sum(row["posts"] for row in rows),
        histogram=stars.histogram,
        trend=trend,
    )


def _stars(row: Row) -> list[int]:
    return [row[f"stars_{stars}"] for stars in range(1, 6)]


def _month(month: str, counted: Iterable[Mapping[str, int] | None]) -> Month:
    rows = [row for row in counted if row is not None]
    ratings = sum(row["ratings"] for row in rows)
    return Month(month, round(sum(row["stars"] for row in rows) / ratings, 4) if ratings else None, ratings)
