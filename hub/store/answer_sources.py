"""What an answer rests on, and whether that is still as it was.

Titles of posts and reviews are read from these themselves: one that is deleted leaves nothing here.
"""

from collections.abc import Sequence

from msgspec import Struct

from hub.ranger.model import Source
from hub.store.database import Row, Transaction, Value

_SOURCES = """SELECT message_sources.*,
    posts.title AS post_title, posts.updated_at AS post_stamp, posts.deleted_at AS post_gone,
    reviews.title AS review_title, reviews.updated_at AS review_stamp, reviews.deleted_at AS review_gone
    FROM message_sources LEFT JOIN posts ON posts.id = message_sources.post_id
    LEFT JOIN reviews ON reviews.id = message_sources.review_id"""
_GONE = "No longer there"


class Basis(Struct, frozen=True):
    """An answer's sources; `stale` when one of them has been edited, hidden or deleted since."""

    sources: list[Source]
    stale: bool


def put(tx: Transaction, message_id: int, sources: Sequence[Source]) -> None:
    """Keep what an answer rests on, as of now."""
    tx.many(
        """INSERT INTO message_sources (message_id, position, kind, ref, post_id, review_id, title, href, stamp)
        VALUES (:message, :position, :kind, :ref, :post, :review, :title, :href,
        COALESCE((SELECT updated_at FROM posts WHERE id = :post),
        (SELECT updated_at FROM reviews WHERE id = :review)))""",
        [_row(message_id, position, source) for position, source in enumerate(sources)],
    )


def of(tx: Transaction, message_ids: Sequence[int]) -> dict[int, Basis]:
    """What these answers rest on; those that rest on nothing are left out."""
    names: dict[str, Value] = {f"id{n}": message for n, message in enumerate(message_ids)}
    rows = tx.all(
        f"""{_SOURCES} WHERE message_id IN ({", ".join(f":{name}" for name in names)})
        ORDER BY message_id, position""",
        **names,
    )
    by_message: dict[int, list[Row]] = {}
    for row in rows:
        by_message.setdefault(row["message_id"], []).append(row)
    return {
        message: Basis([_source(row) for row in its], any(_is_stale(row) for row in its))
        for message, its in by_message.items()
    }


def _row(message_id: int, position: int, source: Source) -> dict[str, Value]:
    own = source.kind in ("post", "review")
    return {
        "message": message_id,
        "position": position,
        "kind": source.kind,
        "ref": source.id,
        "post": int(source.id) if source.kind == "post" else None,
        "review": int(source.id) if source.kind == "review" else None,
        "title": "" if own else source.title,
        "href": source.href,
    }


def _is_gone(row: Row) -> bool:
    if row["kind"] not in ("post", "review"):
        return False
    return row[f"{row['kind']}_stamp"] is None or row[f"{row['kind']}_gone"] is not None


def _is_stale(row: Row) -> bool:
    if row["kind"] not in ("post", "review"):
        return False
    return _is_gone(row) or row[f"{row['kind']}_stamp"] != row["stamp"]


def _source(row: Row) -> Source:
    if _is_gone(row):
        return Source(row["kind"], row["ref"], _GONE, "")
    title = row[f"{row['kind']}_title"] if row["kind"] in ("post", "review") else row["title"]
    return Source(row["kind"], row["ref"], title, row["href"])
