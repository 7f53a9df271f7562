"""The event log: the channel's number line, written in the transaction of the change itself.

Compacted by entity: when a thing changes, its earlier entries become tombstones, so that what is deleted or hidden is
in no replay.
"""

from collections.abc import Callable, Sequence

from msgspec import Struct

from hub.events import DurableEvent, Envelope, encode_event, tombstone
from hub.store.database import Database, Row, Transaction, required

KEEP = 5_000


class ChannelRef(Struct, frozen=True):
    """A channel as the rows of others refer to it."""

    id: int
    slug: str


class LogPage(Struct, frozen=True):
    """Entries of a channel's log, in order. `seq` is the head at the time of reading."""

    epoch: str
    seq: int
    entries: list[Envelope]


def append(
    tx: Transaction,
    channel: ChannelRef,
    entity: str,
    event_at: Callable[[int], DurableEvent],
    *,
    first: bool = False,
) -> int:
    """Take the channel's next `seq` for an event about `entity` and log it; returns the `seq`.

    `first` says that the log has no earlier entry of the entity, which saves looking for them.
    """
    head = required(tx.one("UPDATE channels SET seq = seq + 1 WHERE id = :id RETURNING seq, epoch", id=channel.id))
    if not first:
        tx.run(
            "UPDATE event_log SET event = NULL WHERE channel_id = :id AND entity = :entity AND event IS NOT NULL",
            id=channel.id,
            entity=entity,
        )
    text = encode_event(event_at(head["seq"]))
    tx.run(
        "INSERT INTO event_log (channel_id, seq, entity, at, event) VALUES (:id, :seq, :entity, :at, :event)",
        id=channel.id,
        seq=head["seq"],
        entity=entity,
        at=tx.now,
        event=text.decode(),
    )
    tx.announce(Envelope(channel.slug, head["epoch"], head["seq"], entity, text))
    return int(head["seq"])


def heads(tx: Transaction) -> list[tuple[str, str, int]]:
    """Slug, epoch and head `seq` of every channel."""
    return [(row["slug"], row["epoch"], row["seq"]) for row in tx.all("SELECT slug, epoch, seq FROM channels")]


def read(tx: Transaction, slug: str, after: int, limit: int) -> LogPage | None:
    """At most `limit` entries after `after`, or None for an unknown channel."""
    head = tx.one("SELECT id, epoch, seq FROM channels WHERE slug = :slug", slug=slug)
    if head is None:
        return None
    rows = (
        tx.all(
            """SELECT seq, entity, at, event FROM event_log
            WHERE channel_id = :id AND seq > :after ORDER BY seq LIMIT :limit""",
            id=head["id"],
            after=after,
            limit=limit,
        )
        if after < head["seq"]
        else []
    )
    return LogPage(head["epoch"], head["seq"], [_entry(slug, head["epoch"], row) for row in rows])


def trim(tx: Transaction) -> int:
    """Forget entries older than each channel's newest 5,000; returns how many."""
    return tx.run(
        """DELETE FROM event_log WHERE seq <= (
            SELECT channels.seq - :keep FROM channels WHERE channels.id = event_log.channel_id)""",
        keep=KEEP,
    )


class StoredLog:
    """The log as the realtime core reads it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def heads(self) -> Sequence[tuple[str, str, int]]:
        """Slug, epoch and head `seq` of every channel. Raises Unavailable."""
        return await self._database.read(heads)

    async def read(self, slug: str, after: int, limit: int) -> LogPage | None:
        """At most `limit` entries after `after`, or None for an unknown channel. Raises Unavailable."""
        return await self._database.read(lambda tx: read(tx, slug, after, limit))


def _entry(slug: str, epoch: str, row: Row) -> Envelope:
    text = tombstone(slug, row["seq"], row["at"]) if row["event"] is None else row["event"].encode()
    return Envelope(slug, epoch, row["seq"], row["entity"], text)
