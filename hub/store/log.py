"""The event log: the channel's number line, written in the transaction of the change itself.

Compacted by entity: when a thing changes, its earlier entries become tombstones, so that what is deleted or hidden is
in no replay.
"""

import secrets
from collections.abc import Callable, Iterator, Sequence
from typing import Literal

from msgspec import Struct

from hub.events import DurableEvent, Envelope, Head, encode_event, tombstone
from hub.marks import contradict, next_mark, with_mark
from hub.store.database import SLICE, Database, Row, Transaction, required

KEEP = 5_000
ROWS = 25
WEIGHED = 100
_NEXT = """UPDATE channels SET seq = seq + 1{count} WHERE id = :id RETURNING seq, epoch, (
    SELECT mark FROM event_log WHERE channel_id = channels.id AND event_log.seq = channels.seq - 1) AS before"""
# A new thing is counted by the statement that writes the channel's row anyhow.
_ADDING: dict[Literal["posts", "reviews"] | None, str] = {
    None: _NEXT.format(count=""),
    "posts": _NEXT.format(count=", posts = posts + 1"),
    "reviews": _NEXT.format(count=", reviews = reviews + 1"),
}
_HEADS = """SELECT slug, epoch, channels.seq, mark FROM channels LEFT JOIN event_log
    ON event_log.channel_id = channels.id AND event_log.seq = channels.seq WHERE channels.deleted_at IS NULL"""


class ChannelRef(Struct, frozen=True):
    """A channel as the rows of others refer to it."""

    id: int
    slug: str


class LogPage(Struct, frozen=True):
    """Entries of a channel's log, in order.

    `seq` and `mark` are the head's at the time of reading, `before` is the mark that the first entry follows. A mark
    that is not known is empty.
    """

    epoch: str
    seq: int
    mark: str
    before: str
    entries: list[Envelope]


def append(
    tx: Transaction,
    channel: ChannelRef,
    entity: str,
    event_at: Callable[[int], DurableEvent],
    *,
    first: bool = False,
    adding: Literal["posts", "reviews"] | None = None,
) -> int:
    """Take the channel's next `seq` for an event about `entity` and log it; returns the `seq`.

    `first` says that the log has no earlier entry of the entity, which saves looking for them; `adding`, that the
    channel has one more of these.
    """
    head = required(tx.one(_ADDING[adding], id=channel.id))
    if not first:
        tx.run(
            "UPDATE event_log SET event = NULL WHERE channel_id = :id AND entity = :entity AND event IS NOT NULL",
            id=channel.id,
            entity=entity,
        )
    bare = encode_event(event_at(head["seq"]))
    mark = next_mark(head["before"], head["epoch"], entity, bare)
    text = with_mark(bare, mark)
    tx.run(
        """INSERT INTO event_log (channel_id, seq, entity, at, event, mark)
        VALUES (:id, :seq, :entity, :at, :event, :mark)""",
        id=channel.id,
        seq=head["seq"],
        entity=entity,
        at=tx.now,
        event=text.decode(),
        mark=mark,
    )
    tx.announce(Envelope(channel.slug, head["epoch"], head["seq"], entity, text))
    return int(head["seq"])


def heads(tx: Transaction) -> list[Head]:
    """Where every channel's log is."""
    return [Head(row["slug"], row["epoch"], row["seq"], row["mark"] or "") for row in tx.all(_HEADS)]


def head(tx: Transaction, slug: str) -> Head | None:
    """Where the channel's log is, or None for an unknown channel."""
    row = tx.one(_HEADS + " AND channels.slug = :slug", slug=slug)
    return None if row is None else Head(slug, row["epoch"], row["seq"], row["mark"] or "")


def read(tx: Transaction, slug: str, after: int, limit: int, most_bytes: int | None = None) -> LogPage | None:
    """At most `limit` entries after `after`, or None for an unknown channel.

    With `most_bytes` there are no more than fit in, but at least one.
    """
    at = head(tx, slug)
    if at is None:
        return None
    if not limit or after > at.seq:
        return LogPage(at.epoch, at.seq, at.mark, at.mark if after == at.seq else "", [])
    before, entries, size = "", list[Envelope](), 0
    for row in _rows(tx, slug, after, limit + 1, ROWS if most_bytes else limit + 1):
        if row["seq"] == after:
            before = row["mark"] or ""
            continue
        entry = _entry(slug, at.epoch, row)
        size += len(entry.text)
        if len(entries) == limit or (entries and most_bytes and size > most_bytes):
            break
        entries.append(entry)
    return LogPage(at.epoch, at.seq, at.mark, before, entries)


def exceeds(tx: Transaction, slug: str, after: int, size: int) -> bool:
    """Whether the texts of all entries after `after` have more than `size` characters; looks no further than that."""
    found = 0
    while found <= size:
        row = required(
            tx.one(
                """SELECT COUNT(*) AS entries, COALESCE(SUM(LENGTH(event)), 0) AS size, MAX(seq) AS last FROM (
                    SELECT seq, event FROM event_log
                    WHERE channel_id = (SELECT id FROM channels WHERE slug = :slug) AND seq > :after
                    ORDER BY seq LIMIT :limit) AS next""",
                slug=slug,
                after=after,
                limit=WEIGHED,
            )
        )
        found += int(row["size"])
        if row["entries"] < WEIGHED:
            break
        after = row["last"]
    return found > size


def is_other(tx: Transaction, known: Head) -> bool:
    """Whether the channel's log, under the same epoch, is not that of which `known` was true.

    Then it went back: it ends before `known.seq`, or has another mark there.
    """
    row = tx.one(
        """SELECT channels.seq, event_log.mark FROM channels LEFT JOIN event_log
        ON event_log.channel_id = channels.id AND event_log.seq = :seq
        WHERE channels.slug = :slug AND channels.epoch = :epoch""",
        slug=known.slug,
        epoch=known.epoch,
        seq=known.seq,
    )
    return row is not None and (row["seq"] < known.seq or contradict(row["mark"] or "", known.mark))


def renew_if_other(tx: Transaction, known: Head) -> bool:
    """Give the channel a new epoch when its log `is_other`; returns whether that was so."""
    if not is_other(tx, known):
        return False
    tx.run("UPDATE channels SET epoch = :epoch WHERE slug = :slug", epoch=new_epoch(), slug=known.slug)
    return True


def renew_epoch(tx: Transaction, channel_id: int) -> None:
    """Make everybody fetch the channel's history again."""
    tx.run("UPDATE channels SET epoch = :epoch WHERE id = :id", epoch=new_epoch(), id=channel_id)


def new_epoch() -> str:
    """A name for a log's life: new whenever the log is reset or restored."""
    return secrets.token_hex(6)


def trim(tx: Transaction) -> bool:
    """Forget some entries older than each channel's newest 5,000; whether there may be more."""
    row = tx.one(
        """SELECT id, seq - :keep AS last FROM channels WHERE EXISTS (
        SELECT 1 FROM event_log WHERE channel_id = channels.id AND event_log.seq <= channels.seq - :keep) LIMIT 1""",
        keep=KEEP,
    )
    if row is None:
        return False
    tx.run(
        """DELETE FROM event_log WHERE channel_id = :id AND seq IN (
        SELECT seq FROM event_log WHERE channel_id = :id AND seq <= :last ORDER BY seq LIMIT :limit)""",
        id=row["id"],
        last=row["last"],
        limit=SLICE,
    )
    return True


class StoredLog:
    """The log as the realtime core reads it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def heads(self) -> Sequence[Head]:
        """Where every channel's log is. Raises Unavailable."""
        return await self._database.read(heads)

    async def read(self, slug: str, after: int, limit: int, most_bytes: int | None = None) -> LogPage | None:
        """At most `limit` entries after `after`, or None for an unknown channel. Raises Unavailable."""
        return await self._database.read(lambda tx: read(tx, slug, after, limit, most_bytes))

    async def exceeds(self, slug: str, after: int, size: int) -> bool:
        """Whether the texts of all entries after `after` have more than `size` characters. Raises Unavailable."""
        return await self._database.read(lambda tx: exceeds(tx, slug, after, size))

    async def renew_if_other(self, known: Head) -> bool:
        """Give the channel a new epoch when its log is not that of which `known` was true. Raises Unavailable."""
        return await self._database.write(lambda tx: renew_if_other(tx, known))


def _rows(tx: Transaction, slug: str, first: int, limit: int, at_once: int) -> Iterator[Row]:
    """Rows from `first` on, so many at once: those that nobody comes to are not read."""
    while limit > 0:
        rows = tx.all(
            """SELECT seq, entity, at, event, mark FROM event_log
            WHERE channel_id = (SELECT id FROM channels WHERE slug = :slug) AND seq >= :first
            ORDER BY seq LIMIT :limit""",
            slug=slug,
            first=first,
            limit=min(limit, at_once),
        )
        yield from rows
        if len(rows) < min(limit, at_once):
            return
        first = rows[-1]["seq"] + 1
        limit -= at_once


def _entry(slug: str, epoch: str, row: Row) -> Envelope:
    text = tombstone(slug, row["seq"], row["at"], row["mark"] or "") if row["event"] is None else row["event"].encode()
    return Envelope(slug, epoch, row["seq"], row["entity"], text)
