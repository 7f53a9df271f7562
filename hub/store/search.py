"""Full-text search over what the community wrote; what is deleted or hidden is not found.

Both engines have the same folded words (`search_index`), SQLite in FTS5 indexes and PostgreSQL in search vectors.
Queries are built out of `hub.terms`, which are letters and digits only: nothing that a visitor types is read as search
syntax.
Only the newest of what matches are ranked, so that no search costs the more the more is stored.
"""

from collections.abc import Sequence

from msgspec import Struct

from hub.cursor import decode_cursor, encode_cursor
from hub.model import Author
from hub.moderation import Kind
from hub.store import channels, search_index
from hub.store.authors import author_of
from hub.store.database import Row, Transaction, Value, required
from hub.terms import excerpt

_TABLES = search_index.TABLES
_EXCERPT = 280
_DEEPEST = 1_000
_RANKED = 2_000
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
    query = _fts5 if tx.engine == "sqlite" else _tsquery
    params: dict[str, Value] = {
        "match": query(words, all_words, None if channel is None else search_index.place(channel.id)),
        "limit": limit,
        "start": start,
        "ranked": _RANKED,
    }
    parts = [select(kind, table) for kind, table in _TABLES.items()]
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


def _sqlite(kind: Kind, table: str) -> str:
    return f"""SELECT {_columns(kind, table)}, hits.score AS score FROM (
        SELECT rowid AS id, bm25({table}_search, 3.0, 1.0, 0.0) AS score FROM {table}_search
        WHERE {table}_search MATCH :match ORDER BY rowid DESC LIMIT :ranked) AS hits {_joins(table)}"""


def _postgresql(kind: Kind, table: str) -> str:
    return f"""SELECT {_columns(kind, table)}, hits.score AS score FROM (
        SELECT id, -ts_rank(words, query) AS score FROM {table}_search_words, to_tsquery('hub_words', :match) AS query
        WHERE words @@ query ORDER BY id DESC LIMIT :ranked) AS hits {_joins(table)}"""


def _columns(kind: Kind, table: str) -> str:
    return f"""'{kind}' AS kind, {table}.id AS id, channels.slug AS slug, users.username AS username,
        users.name AS author_name, users.role AS author_role, {table}.title AS title, {table}.comment AS comment,
        {table}.created_at AS created_at"""


def _joins(table: str) -> str:
    return f"""JOIN {table} ON {table}.id = hits.id AND {table}.deleted_at IS NULL
        JOIN channels ON channels.id = {table}.channel_id AND channels.deleted_at IS NULL
        LEFT JOIN users ON users.id = {table}.user_id"""


def _fts5(words: Sequence[str], all_words: bool, place: str | None) -> str:
    wanted = (" AND " if all_words else " OR ").join(f'"{word}"' for word in words)
    return wanted if place is None else f'({wanted}) AND channel : "{place}"'


def _tsquery(words: Sequence[str], all_words: bool, place: str | None) -> str:
    wanted = (" & " if all_words else " | ").join(f"'{word}'" for word in words)
    return wanted if place is None else f"({wanted}) & '{place}'"


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
