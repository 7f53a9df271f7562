"""Every statement that the hub runs on its database, read from the source: none is forgotten because no test ran it."""

from __future__ import annotations

import ast
import importlib
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from hub.store import closing, leaving, review_pages, search

ROOT = Path(__file__).parent.parent
FOLDERS = ("hub/store", "hub/ranger")
CALLS = ("one", "all", "run", "many")
# What the names in composed statements can stand for.
HOLES: dict[str, Sequence[Any]] = {
    "adding": [None, "posts", "reviews"],
    "by": list(review_pages._RANKS.values()),
    "channel_id": [None, 1],
    "column": ["stars_1"],
    "count": ["posts", "reviews"],
    "kind": ["post", "review"],
    "names": [{"id0": 1, "id1": 2}],
    "only": ["", " AND ratings.channel_id = :only0", " AND users.username = :only0"],
    "statement": [*closing._STEPS, *leaving._SILENT],
    "table": ["posts", "reviews"],
    "wanted": [{"id0": 1, "id1": 2}],
}
# Tables that grow with what is stored. The others have a row for each channel, month, day, or member who shares a
# location or is muted now.
# What only the other engine knows.
FOREIGN = {"sqlite": ("pg_",), "postgresql": ("PRAGMA", "bm25", "_search, rank", "search_erased", "total_changes")}
_GROWING = """posts reviews event_log ratings helpful_votes messages conversations message_sources users sessions
    posts_search_words reviews_search_words refresh_tokens reports audit_log quiz_results import_sources areas"""
GROWING = frozenset(_GROWING.split())


# The beginnings of statements (or all of one, up to a semicolon) that may look through such a table, and why.
ALLOWED = {
    "SELECT min(id) AS first": "the queue of open reports, by its own partial index: moderators keep it short",
    "SELECT count(DISTINCT post_id)": "the same queue",
    "SELECT * FROM ( SELECT 'post' AS kind": "what is hidden, by its own partial index",
    "SELECT id, conversation_id, beat": "answers under way, by their own partial index: as many as are asked at once",
    """UPDATE areas SET shown_row = NULL, shown_column = NULL, changed_at = '', next_row = NULL, next_column = NULL,
    due_at = NULL, shown_until = '';""": "a restore, while the hub is stopped",
    "SELECT id FROM users WHERE left_at": "accounts whose end has begun, by their own partial index",
    "SELECT username, name FROM users WHERE role <> 'visitor'": "moderators and admins, by their own partial index",
    "UPDATE sessions SET ended_at = :now WHERE ended_at IS NULL": "a restore, while the hub is stopped",
    "DELETE FROM refresh_tokens;": "a restore, while the hub is stopped",
    "UPDATE conversations SET seq = seq + :leap": "a restore, while the hub is stopped",
}


class Statement(NamedTuple):
    """Where a statement is, and what it says."""

    where: str
    sql: str


def is_allowed(sql: str) -> bool:
    """Whether a statement may look through a table that grows."""
    plain = " ".join(sql.split()) + ";"
    return any(plain.startswith(" ".join(beginning.split())) for beginning in ALLOWED)


def every(engine: str) -> list[Statement]:
    """All statements of the store as `engine` gets them, each once."""
    parts = [
        [select(kind, table) for kind, table in search._TABLES.items()]
        for select in [search._sqlite if engine == "sqlite" else search._postgresql]
    ]
    holes = {**HOLES, "parts": parts}
    found = [Statement(where, sql) for where, code, names in _calls() for sql in _possible(where, code, names, holes)]
    own = [one for one in found if not any(name in one.sql for name in FOREIGN[engine])]
    return list({one.sql: one for one in own}.values())


def _calls() -> Iterator[tuple[str, ast.expr, dict[str, Any]]]:
    for path in sorted(itertools.chain.from_iterable((ROOT / folder).glob("*.py") for folder in FOLDERS)):
        module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name("tx"), attr=attr), args=[sql, *_]) if attr in CALLS:
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", sql, vars(module)


def _possible(where: str, code: ast.expr, names: dict[str, Any], holes: dict[str, Sequence[Any]]) -> Iterator[str]:
    used = {node.id for node in ast.walk(code) if isinstance(node, ast.Name)}
    open_names = [name for name in holes if name in used and name not in names]
    for values in itertools.product(*(holes[name] for name in open_names)):
        given = {**names, **dict(zip(open_names, values, strict=True))}
        try:
            yield eval(compile(ast.Expression(code), where, "eval"), given)
        except NameError as error:
            raise AssertionError(f"{where}: say in HOLES of {__name__} what this can stand for: {error}") from None
