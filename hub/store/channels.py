"""Channels: the catalogue, with the counts that are kept up to date as things are written."""

import msgspec

from hub.errors import Conflict, InvalidInput, NotFound, invalid_field
from hub.events import ChannelUpdated, RatingUpdated
from hub.model import (
    Channel,
    ChannelInput,
    ChannelStats,
    ParkFacts,
    Rating,
    RatingSummary,
    rating_of,
)
from hub.store import log
from hub.store.database import Row, Transaction, required
from hub.store.log import ChannelRef


def find(tx: Transaction, slug: str) -> ChannelRef:
    """The channel called `slug`. Raises NotFound."""
    row = tx.one("SELECT id, slug FROM channels WHERE slug = :slug", slug=slug)
    if row is None:
        raise no_such_channel(slug)
    return ChannelRef(row["id"], row["slug"])


def given(tx: Transaction, slug: str) -> ChannelRef:
    """The channel that a field `channel` of the input names. Raises InvalidInput."""
    try:
        return find(tx, slug)
    except NotFound:
        raise not_given() from None


def not_given() -> InvalidInput:
    """The error for a field `channel` that names none."""
    return invalid_field("channel", "is not one that there is: GET /api/channels lists them")


def no_such_channel(slug: str) -> NotFound:
    """The error for an unknown channel."""
    return NotFound(f"There is no channel called {slug[:80]!r}. GET /api/channels lists them.")


def every(tx: Transaction) -> list[Channel]:
    """All channels, in the catalogue's order."""
    return [_channel(row) for row in tx.all("SELECT * FROM channels WHERE deleted_at IS NULL ORDER BY position, id")]


def get(tx: Transaction, slug: str) -> Channel:
    """One channel. Raises NotFound."""
    row = tx.one("SELECT * FROM channels WHERE slug = :slug", slug=slug)
    if row is None:
        raise no_such_channel(slug)
    return _channel(row)


def create(tx: Transaction, new: ChannelInput, park: ParkFacts | None = None, position: int = 1_000) -> Channel:
    """Add a channel. Raises Conflict when its slug is taken."""
    if tx.one("SELECT 1 FROM channels WHERE slug = :slug", slug=new.slug) is not None:
        raise Conflict(f"There is a channel called {new.slug!r} already.")
    tx.run(
        """INSERT INTO channels (slug, name, group_name, kind, description, park, position, epoch)
        VALUES (:slug, :name, :group, :kind, :description, :park, :position, :epoch)""",
        slug=new.slug,
        name=new.name,
        group=new.group,
        kind=new.kind,
        description=new.description,
        park=None if park is None else msgspec.json.encode(park).decode(),
        position=position,
        epoch=log.new_epoch(),
    )
    return get(tx, new.slug)


def update(tx: Transaction, slug: str, new: ChannelInput) -> Channel:
    """Replace a channel's description; its slug stays. Raises NotFound, or Conflict for another slug."""
    channel, before = find(tx, slug), get(tx, slug)
    if new.slug != slug:
        raise Conflict("A channel's slug cannot change: links to it would break.")
    if all(getattr(before, field) == getattr(new, field) for field in ("name", "group", "kind", "description")):
        return before
    tx.run(
        """UPDATE channels SET name = :name, group_name = :group, kind = :kind, description = :description
        WHERE id = :id""",
        id=channel.id,
        name=new.name,
        group=new.group,
        kind=new.kind,
        description=new.description,
    )
    changed = get(tx, slug)
    log.append(tx, channel, "channel", lambda seq: ChannelUpdated(channel=slug, seq=seq, at=tx.now, data=changed))
    return changed


def delete(tx: Transaction, slug: str) -> int:
    """Take a channel out of sight; returns its id, for `closing.go_on` to erase what is in it. Raises NotFound.

    Its slug is free at once: what is left of it has one that no path can have.
    """
    channel = find(tx, slug)
    tx.run(
        "UPDATE channels SET deleted_at = :now, slug = :slug WHERE id = :id",
        id=channel.id,
        now=tx.now,
        slug=f":{channel.id}",
    )
    return channel.id


def lock(tx: Transaction, channel: ChannelRef) -> None:
    """Let others who change this channel wait until the transaction ends: what is read after this stays true.

    On SQLite every unit has that anyhow. Whoever locks several channels does it in the order of their ids.
    """
    if tx.engine != "sqlite":
        tx.run("UPDATE channels SET seq = seq WHERE id = :id", id=channel.id)


def rating(tx: Transaction, channel: ChannelRef) -> Rating:
    """The channel's stars."""
    return _rating(required(tx.one("SELECT * FROM channels WHERE id = :id", id=channel.id)))


def count_stars(tx: Transaction, channel: ChannelRef, before: int | None, after: int | None) -> Rating:
    """Move one person's stars in the channel's histogram, and tell; None is no stars. Returns the new rating."""
    for stars, change in ((before, -1), (after, 1)):
        if stars is not None:
            column = f"stars_{int(stars)}"
            tx.run(
                f"UPDATE channels SET {column} = {column} + :change WHERE id = :id",
                change=change,
                id=channel.id,
            )
    now = rating(tx, channel)
    if before != after:
        log.append(
            tx,
            channel,
            "rating",
            lambda seq: RatingUpdated(channel=channel.slug, seq=seq, at=tx.now, data=now),
        )
    return now


def _rating(row: Row) -> Rating:
    return rating_of([row[f"stars_{stars}"] for stars in range(1, 6)])


def _channel(row: Row) -> Channel:
    summary = _rating(row)
    return Channel(
        slug=row["slug"],
        name=row["name"],
        group=row["group_name"],
        kind=row["kind"],
        description=row["description"],
        park=None if row["park"] is None else msgspec.json.decode(row["park"], type=ParkFacts),
        stats=ChannelStats(row["posts"], row["reviews"], RatingSummary(summary.average, summary.count)),
    )
