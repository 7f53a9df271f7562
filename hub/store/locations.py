"""Live locations: the newest of each member and channel, until it ends. There is no earlier one anywhere."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from hub.errors import NotFound
from hub.locations import USUAL_SECONDS, Location, LocationInput
from hub.model import rfc3339
from hub.store import areas, channels, mutes, verdicts
from hub.store.database import SLICE, Database, Row, Transaction, required
from hub.store.log import ChannelRef
from hub.tokens import Identity

_LOCATIONS = """SELECT locations.*, users.username, channels.slug, areas.shown_row, areas.shown_column,
    areas.changed_at, areas.next_row, areas.next_column, areas.due_at, areas.shown_until FROM locations
    JOIN users ON users.id = locations.user_id
    JOIN channels ON channels.id = locations.channel_id AND channels.deleted_at IS NULL
    LEFT JOIN areas ON areas.user_id = locations.user_id"""


def put(tx: Transaction, slug: str, user_id: int, new: LocationInput) -> Location:
    """Take a member's newest position; moving alone does not put off the end. An area that stays is not written.

    Raises NotFound for an unknown channel, or Muted.
    """
    channel = channels.find(tx, slug)
    mutes.check(tx, user_id, channel)
    is_exact = new.precision == "exact"
    latitude, longitude = new.spot if is_exact else areas.follow(tx, user_id, new).middle
    before = _shared(tx, channel, user_id)
    expires_at = _end(tx.now, new, before)
    if before is not None and not is_exact and not before["is_exact"] and before["expires_at"] == expires_at:
        return _location(before, tx.now)
    tx.run(
        """INSERT INTO locations (channel_id, user_id, latitude, longitude, is_exact, updated_at, expires_at)
        VALUES (:channel, :user, :latitude, :longitude, :exact, :now, :expires)
        ON CONFLICT (channel_id, user_id) DO UPDATE SET latitude = excluded.latitude,
        longitude = excluded.longitude, is_exact = excluded.is_exact, updated_at = excluded.updated_at,
        expires_at = excluded.expires_at""",
        channel=channel.id,
        user=user_id,
        latitude=latitude,
        longitude=longitude,
        exact=int(is_exact),
        now=tx.now,
        expires=expires_at,
    )
    if not is_exact:
        areas.shown_until(tx, user_id, expires_at)
    return _location(required(_shared(tx, channel, user_id)), tx.now)


def live(tx: Transaction, channel: ChannelRef) -> list[Location]:
    """All live locations of a channel."""
    rows = tx.all(
        _LOCATIONS + " WHERE locations.channel_id = :channel AND expires_at > :now ORDER BY locations.id",
        channel=channel.id,
        now=tx.now,
    )
    return [_location(row, tx.now) for row in rows]


def version(tx: Transaction, slug: str) -> str:
    """A name for what `live` gives: another one after each change and end; empty while nobody shares."""
    row = required(
        tx.one(
            """SELECT COUNT(*) AS live, MAX(CASE WHEN is_exact = 1 THEN updated_at
            WHEN areas.due_at <= :now AND areas.due_at > updated_at THEN areas.due_at
            WHEN areas.changed_at > updated_at THEN areas.changed_at ELSE updated_at END) AS newest FROM locations
            JOIN channels ON channels.id = locations.channel_id LEFT JOIN areas ON areas.user_id = locations.user_id
            WHERE channels.slug = :slug AND expires_at > :now""",
            slug=slug,
            now=tx.now,
        )
    )
    return f"{row['live']}@{row['newest']}" if row["live"] else ""


def everywhere(tx: Transaction) -> list[tuple[str, Location]]:
    """All live locations with their channels."""
    rows = tx.all(_LOCATIONS + " WHERE expires_at > :now", now=tx.now)
    return [(row["slug"], _location(row, tx.now)) for row in rows]


def of(tx: Transaction, slug: str, username: str) -> Location:
    """A member's live location in a channel. Raises NotFound."""
    row = tx.one(
        _LOCATIONS
        + """ WHERE locations.channel_id = :channel AND lower(users.username) = lower(:username)
        AND expires_at > :now""",
        channel=channels.find(tx, slug).id,
        username=username,
        now=tx.now,
    )
    if row is None:
        raise NotFound(f"{username[:80]!r} does not share a location in this channel now.")
    return _location(row, tx.now)


def remove(tx: Transaction, slug: str, user_id: int) -> bool:
    """Forget where a member is in a channel; returns whether that was known. Raises NotFound."""
    channel = channels.find(tx, slug)
    before = _shared(tx, channel, user_id)
    if before is not None:
        _erase(tx, before)
    return before is not None


def is_shared(tx: Transaction, slug: str, user_id: int) -> bool:
    """Whether a member shares where they are in a channel. Raises NotFound."""
    return _shared(tx, channels.find(tx, slug), user_id) is not None


def by_id(tx: Transaction, who: Identity, location_id: int) -> Location:
    """A live location for who may remove it. Raises NotFound, also for somebody else's."""
    return _location(_removable(tx, who, location_id), tx.now)


def remove_by_id(tx: Transaction, who: Identity, location_id: int) -> tuple[str, str]:
    """Forget a location (its member's or a moderator's right); returns its channel and username.

    Raises NotFound, also for somebody else's.
    """
    row = _removable(tx, who, location_id)
    _erase(tx, row)
    if row["user_id"] != who.user_id:
        verdicts.record(tx, who, "location.removed", member_id=row["user_id"], channel_id=row["channel_id"])
    return row["slug"], row["username"]


def _removable(tx: Transaction, who: Identity, location_id: int) -> Row:
    row = tx.one(_LOCATIONS + " WHERE locations.id = :id AND expires_at > :now", id=location_id, now=tx.now)
    if row is None or (row["user_id"] != who.user_id and who.role == "visitor"):
        raise NotFound(f"There is no live location {location_id} of yours.")
    return row


def forget_expired(tx: Transaction) -> bool:
    """Erase some of what has ended; whether there may be more."""
    erased = tx.run(
        "DELETE FROM locations WHERE id IN (SELECT id FROM locations WHERE expires_at <= :now LIMIT :limit)",
        now=tx.now,
        limit=SLICE,
    )
    return erased == SLICE


def forget_all(tx: Transaction) -> None:
    """Erase where everybody is, and where they were shown."""
    tx.run("DELETE FROM locations")
    areas.forget_all(tx)


class StoredLocations:
    """The locations as the realtime core writes and reads them. Everything raises Unavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, channel: str, user_id: int, new: LocationInput) -> Location:
        """Take a member's newest position. Raises NotFound or Muted."""
        return await self._database.write(lambda tx: put(tx, channel, user_id, new))

    async def remove(self, channel: str, user_id: int) -> bool:
        """Forget where a member is; returns whether that was known, else nothing is written. Raises NotFound."""
        if not await self._database.read(lambda tx: is_shared(tx, channel, user_id)):
            return False
        return await self._database.write(lambda tx: remove(tx, channel, user_id))

    async def everywhere(self) -> Sequence[tuple[str, Location]]:
        """All live locations with their channels."""
        return await self._database.read(everywhere)

    async def forget_expired(self) -> None:
        """Erase what has ended."""
        while await self._database.write(forget_expired):
            pass


def _shared(tx: Transaction, channel: ChannelRef, user_id: int) -> Row | None:
    return tx.one(
        _LOCATIONS + """ WHERE locations.channel_id = :channel AND locations.user_id = :user AND expires_at > :now""",
        channel=channel.id,
        user=user_id,
        now=tx.now,
    )


def _erase(tx: Transaction, row: Row) -> None:
    tx.run("DELETE FROM locations WHERE id = :id", id=row["id"])
    still = tx.one(
        """SELECT MAX(expires_at) AS last FROM locations
        WHERE user_id = :user AND is_exact = 0 AND expires_at > :now""",
        user=row["user_id"],
        now=tx.now,
    )
    if not row["is_exact"]:
        areas.shown_until(tx, row["user_id"], required(still)["last"] or tx.now)


def _end(now: str, new: LocationInput, before: Row | None) -> str:
    """When what is shared ends; an area's end is a full minute, so that it does not tell when the device spoke."""
    if before is not None and new.expires_in is None:
        return str(before["expires_at"])
    end = datetime.fromisoformat(now) + timedelta(seconds=new.expires_in or USUAL_SECONDS)
    if new.precision == "area":
        end += timedelta(seconds=60) - timedelta(seconds=end.second, microseconds=end.microsecond)
    return rfc3339(end)


def _location(row: Row, now: str) -> Location:
    latitude, longitude, updated_at = row["latitude"], row["longitude"], row["updated_at"]
    area = areas.area_of(row).at(now)
    if not row["is_exact"] and area.shown is not None:
        latitude, longitude = area.shown.middle
        updated_at = max(updated_at, area.changed_at)
    return Location(
        id=row["id"],
        username=row["username"],
        latitude=latitude,
        longitude=longitude,
        precision="exact" if row["is_exact"] else "area",
        updated_at=updated_at,
        expires_at=row["expires_at"],
    )
