"""Full-text search over what the community wrote; what is deleted or hidden is not found.

SQLite keeps FTS5 indexes in step by triggers, PostgreSQL indexes the search vector itself. Queries are built out of
`hub.terms`, which are letters and digits only: nothing that a visitor types is read as search syntax.
"""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from hub.cursor import decode_cursor, encode_cursor
from hub.model import Author
from hub.store import channels
from hub.store.authors import author_of
from hub.store.database import Row, Transaction, Value, required
from hub.terms import excerpt

Kind = Literal["post", "review"]

_TABLES: dict[Kind, str] = {"post": "posts", "review": "reviews"}
_VISIBLE = "{table}.deleted_at IS NULL"
_VECTOR = (
    "(setweight(to_tsvector('english', {table}.title), 'A') || setweight(to_tsvector('english', {table}.comment), 'D'))"
)
_EXCERPT = 280
_DEEPEST = 1_000
_PAGES = 200


class Found(Struct, frozen=True):
    """A post or review that has the words; `excerpt` is the part of its text around them."""

    kind: Kind
    id: int
    channel: str
    author: Author
    title: str
    excerpt: str
    created_at: str


class FoundPage(Struct, frozen=True):
    """What was found, best first; `next` continues with what fits less."""

    items: list[Found]
    next: str | None


def page(tx: Transaction, words: Sequence[str], slug: str | None, limit: int, cursor: str | None = None) -> FoundPage:
    """What has all of `words` (from `hub.terms`), in one channel or in all.

    Raises InvalidInput for an unknown channel or a cursor that is not ours.
    """
    start = 0 if cursor is None else min(max(0, int(str(decode_cursor(cursor, int)[0]))), _DEEPEST)
    found = find(tx, words, slug, limit + 1, start=start)
    more = len(found) > limit and start + limit < _DEEPEST
    return FoundPage(found[:limit], encode_cursor(start + limit) if more else None)


def find(
    tx: Transaction, words: Sequence[str], slug: str | None, limit: int, *, start: int = 0, all_words: bool = True
) -> list[Found]:
    """What has all (or any) of `words`, best first. Raises InvalidInput for an unknown channel."""
    channel = None if slug is None else channels.given(tx, slug)
    if not words:
        return []
    select = _sqlite if tx.engine == "sqlite" else _postgresql
    match = _fts5(words, all_words) if tx.engine == "sqlite" else _tsquery(words, all_words)
    params: dict[str, Value] = {"match": match, "limit": limit, "start": start}
    if channel is not None:
        params["channel"] = channel.id
    parts = [select(kind, table, channel is not None) for kind, table in _TABLES.items()]
    rows = tx.all(f"{' UNION ALL '.join(parts)} ORDER BY score, id DESC LIMIT :limit OFFSET :start", **params)
    return [_found(row, words) for row in rows]


def forget_erased(tx: Transaction) -> bool:
    """Take the next step in removing words from the index's file that were edited or deleted; whether there is more.

    Each step rewrites at most some 200 pages of each index. PostgreSQL does this by itself, with its autovacuum.
    """
    if tx.engine != "sqlite":
        return False
    state = required(tx.one("SELECT due, merging FROM search_erased"))
    if not (state["due"] or state["merging"]):
        return False
    # A negative number has all segments merged into one, which leaves out what was deleted (FTS5's documentation).
    changed = [_merge(tx, table, -_PAGES if state["due"] else _PAGES) for table in _TABLES.values()]
    more = bool(state["due"]) or any(changed)
    tx.run("UPDATE search_erased SET due = 0, merging = :merging", merging=int(more))
    return more


def _merge(tx: Transaction, table: str, pages: int) -> bool:
    before = required(tx.one("SELECT total_changes() AS n"))["n"]
    tx.run(f"INSERT INTO {table}_search ({table}_search, rank) VALUES ('merge', :pages)", pages=pages)
    return bool(required(tx.one("SELECT total_changes() AS n"))["n"] - before >= 2)


def _sqlite(kind: Kind, table: str, in_channel: bool) -> str:
    return f"""SELECT {_columns(kind, table)}, bm25({table}_search, 3.0, 1.0) AS score
        FROM {table}_search JOIN {table} ON {table}.id = {table}_search.rowid {_joins(table)}
        WHERE {table}_search MATCH :match AND {_conditions(table, in_channel)}"""


def _postgresql(kind: Kind, table: str, in_channel: bool) -> str:
    vector = _VECTOR.format(table=table)
    return f"""SELECT {_columns(kind, table)}, -ts_rank({vector}, to_tsquery('english', :match)) AS score
        FROM {table} {_joins(table)}
        WHERE {vector} @@ to_tsquery('english', :match) AND {_conditions(table, in_channel)}"""


def _columns(kind: Kind, table: str) -> str:
    return f"""'{kind}' AS kind, {table}.id AS id, channels.slug AS slug, users.username AS username,
        users.name AS author_name, users.role AS author_role, {table}.title AS title, {table}.comment AS comment,
        {table}.created_at AS created_at"""


def _joins(table: str) -> str:
    return f"""JOIN channels ON channels.id = {table}.channel_id AND channels.deleted_at IS NULL
        LEFT JOIN users ON users.id = {table}.user_id"""


def _conditions(table: str, in_channel: bool) -> str:
    visible = _VISIBLE.format(table=table)
    return f"{visible} AND {table}.channel_id = :channel" if in_channel else visible


def _fts5(words: Sequence[str], all_words: bool) -> str:
    return (" AND " if all_words else " OR ").join(f'"{word}"' for word in words)


def _tsquery(words: Sequence[str], all_words: bool) -> str:
    return (" & " if all_words else " | ").join(f"'{word}'" for word in words)


def _found(row: Row, words: Sequence[str]) -> Found:
    return Found(
        kind=row["kind"],
        id=row["id"],
        channel=row["slug"],
        author=author_of(row),
        title=row["title"],
        excerpt=excerpt(row["comment"], words, _EXCERPT),
        created_at=row["created_at"],
    )
