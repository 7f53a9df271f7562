"""Live locations: the newest of each member and channel, until it ends. There is no earlier one anywhere."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from hub.errors import NotFound
from hub.locations import USUAL_SECONDS, Location, LocationInput
from hub.model import rfc3339
from hub.store import channels, mutes
from hub.store.database import Database, Row, Transaction, required
from hub.store.log import ChannelRef
from hub.tokens import Identity

_LOCATIONS = """SELECT locations.*, users.username, channels.slug FROM locations
    JOIN users ON users.id = locations.user_id JOIN channels ON channels.id = locations.channel_id"""


def put(tx: Transaction, slug: str, user_id: int, new: LocationInput) -> Location:
    """Take a member's newest position; moving alone does not put off the end.

    Raises NotFound for an unknown channel, or Muted.
    """
    channel = channels.find(tx, slug)
    mutes.check(tx, user_id, channel)
    latitude, longitude = new.shown()
    row = required(
        tx.one(
            """INSERT INTO locations (channel_id, user_id, latitude, longitude, is_exact, updated_at, expires_at)
            VALUES (:channel, :user, :latitude, :longitude, :exact, :now, :expires)
            ON CONFLICT (channel_id, user_id) DO UPDATE SET latitude = excluded.latitude,
            longitude = excluded.longitude, is_exact = excluded.is_exact, updated_at = excluded.updated_at,
            expires_at = CASE WHEN :keeps_end = 1 AND locations.expires_at > :now THEN locations.expires_at
            ELSE excluded.expires_at END RETURNING id""",
            channel=channel.id,
            user=user_id,
            latitude=latitude,
            longitude=longitude,
            exact=int(new.precision == "exact"),
            now=tx.now,
            expires=rfc3339(datetime.fromisoformat(tx.now) + timedelta(seconds=new.expires_in or USUAL_SECONDS)),
            keeps_end=int(new.expires_in is None),
        )
    )
    return _location(required(tx.one(_LOCATIONS + " WHERE locations.id = :id", id=row["id"])))


def live(tx: Transaction, channel: ChannelRef) -> list[Location]:
    """All live locations of a channel."""
    rows = tx.all(
        _LOCATIONS + " WHERE locations.channel_id = :channel AND expires_at > :now ORDER BY locations.id",
        channel=channel.id,
        now=tx.now,
    )
    return [_location(row) for row in rows]


def version(tx: Transaction, slug: str) -> str:
    """A name for what `live` gives: another one after each change and end; empty while nobody shares."""
    row = required(
        tx.one(
            """SELECT COUNT(*) AS live, MAX(locations.updated_at) AS newest FROM locations
            JOIN channels ON channels.id = locations.channel_id WHERE channels.slug = :slug AND expires_at > :now""",
            slug=slug,
            now=tx.now,
        )
    )
    return f"{row['live']}@{row['newest']}" if row["live"] else ""


def everywhere(tx: Transaction) -> list[tuple[str, Location]]:
    """All live locations with their channels."""
    rows = tx.all(_LOCATIONS + " WHERE expires_at > :now", now=tx.now)
    return [(row["slug"], _location(row)) for row in rows]


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
    return _location(row)


def remove(tx: Transaction, slug: str, user_id: int) -> bool:
    """Forget where a member is; returns whether that was known. Raises NotFound for an unknown channel."""
    return bool(
        tx.run(
            "DELETE FROM locations WHERE channel_id = :channel AND user_id = :user",
            channel=channels.find(tx, slug).id,
            user=user_id,
        )
    )


def remove_by_id(tx: Transaction, who: Identity, location_id: int) -> tuple[str, str]:
    """Forget a location (its member's or a moderator's right); returns its channel and username.

    Raises NotFound, also for somebody else's.
    """
    row = tx.one(_LOCATIONS + " WHERE locations.id = :id AND expires_at > :now", id=location_id, now=tx.now)
    if row is None or (row["user_id"] != who.user_id and who.role == "visitor"):
        raise NotFound(f"There is no live location {location_id} of yours.")
    tx.run("DELETE FROM locations WHERE id = :id", id=location_id)
    return row["slug"], row["username"]


def forget_expired(tx: Transaction) -> None:
    """Erase what has ended."""
    tx.run("DELETE FROM locations WHERE expires_at <= :now", now=tx.now)


class StoredLocations:
    """The locations as the realtime core writes and reads them. Everything raises Unavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, channel: str, user_id: int, new: LocationInput) -> Location:
        """Take a member's newest position. Raises NotFound or Muted."""
        return await self._database.write(lambda tx: put(tx, channel, user_id, new))

    async def remove(self, channel: str, user_id: int) -> bool:
        """Forget where a member is; returns whether that was known. Raises NotFound."""
        return await self._database.write(lambda tx: remove(tx, channel, user_id))

    async def everywhere(self) -> Sequence[tuple[str, Location]]:
        """All live locations with their channels."""
        return await self._database.read(everywhere)

    async def forget_expired(self) -> None:
        """Erase what has ended."""
        await self._database.write(forget_expired)


def _location(row: Row) -> Location:
    return Location(
        id=row["id"],
        username=row["username"],
        latitude=row["latitude"],
        longitude=row["longitude"],
        precision="exact" if row["is_exact"] else "area",
        updated_at=row["updated_at"],
        expires_at=row["expires_at"],
    )
