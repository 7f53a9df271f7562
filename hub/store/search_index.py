"""The words of posts and reviews as the search has them: folded, and written in the transaction of the change itself.

Triggers take out what is changed, hidden or deleted, whoever does it; what is in use again is added here. What another
version of the program has written, or an import, is added by maintenance.
"""

from hub.folding import folded_words
from hub.moderation import Kind
from hub.store.database import Database, Transaction, required
from hub.store.log import ChannelRef

TABLES: dict[Kind, str] = {"post": "posts", "review": "reviews"}
LONGEST_WORD = 40
SLICE = 100
_LOOK = 1_000


def add(tx: Transaction, kind: Kind, thing_id: int, channel: ChannelRef | int, title: str, comment: str) -> None:
    """Let a post or review be found, which it cannot be now."""
    tx.run(
        f"""INSERT INTO {TABLES[kind]}_search_words (id, title, comment, channel)
        VALUES (:id, :title, :comment, :channel)""",
        id=thing_id,
        title=_stored(title),
        comment=_stored(comment),
        channel=place(channel if isinstance(channel, int) else channel.id),
    )


def place(channel_id: int) -> str:
    """The word that all texts of a channel have."""
    return f"zqc{channel_id}"


async def add_missing(database: Database) -> int:
    """Let everything be found that should be, the newest first, some at a time.

    Returns how many were added. Raises Unavailable.
    """
    added = 0
    for kind in TABLES:
        top = await database.read(lambda tx, kind=kind: _newest(tx, kind))  # type: ignore[misc]
        while top > 0:
            missing = await database.read(lambda tx, kind=kind, top=top: _missing(tx, kind, top))  # type: ignore[misc]
            for start in range(0, len(missing), SLICE):
                part = missing[start : start + SLICE]
                added += await database.write(lambda tx, kind=kind, part=part: _add_all(tx, kind, part))  # type: ignore[misc]
            top -= _LOOK
    return added


def _newest(tx: Transaction, kind: Kind) -> int:
    return int(required(tx.one(f"SELECT max(id) AS top FROM {TABLES[kind]}"))["top"] or 0)


def _missing(tx: Transaction, kind: Kind, top: int) -> list[int]:
    table = TABLES[kind]
    rows = tx.all(
        f"""SELECT {table}.id FROM {table} WHERE {table}.id > :bottom AND {table}.id <= :top
        AND {table}.deleted_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM {table}_search_words AS known WHERE known.id = {table}.id)
        ORDER BY {table}.id DESC""",
        bottom=top - _LOOK,
        top=top,
    )
    return [row["id"] for row in rows]


def _add_all(tx: Transaction, kind: Kind, ids: list[int]) -> int:
    added = 0
    for thing_id in ids:
        table = TABLES[kind]
        row = tx.one(
            f"""SELECT {table}.* FROM {table} WHERE {table}.id = :id AND {table}.deleted_at IS NULL
            AND NOT EXISTS (SELECT 1 FROM {table}_search_words AS known WHERE known.id = {table}.id)""",
            id=thing_id,
        )
        if row is not None:
            add(tx, kind, thing_id, row["channel_id"], row["title"], row["comment"])
            added += 1
    return added


def _stored(text: str) -> str:
    return " ".join(word[:LONGEST_WORD] for word in folded_words(text, stored=True))
