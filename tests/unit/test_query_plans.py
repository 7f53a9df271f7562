"""No statement looks through a table that grows with what is stored, whatever SQLite knows of the tables."""

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.store.migrations import migrate_sqlite
from hub.store.sqlite import _optimize
from tests.statements import GROWING, every, is_allowed

SCAN = re.compile(r"^SCAN (\w+)")
# Found by the channel alone: that is all that was ever written in it. With an id or a number beside it, it is a page.
WHOLE_CHANNEL = re.compile(r"^SEARCH (\w+) .*\(channel_id=\?\)$")
PAGES = re.compile(r"LIMIT :limit")


class Anything(dict[str, Any]):
    """A value for every parameter."""

    def __missing__(self, name: str) -> int:
        return 1


@pytest.fixture(params=["nothing is known", "after an analysis", "after a sample"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    path = tmp_path / "hub.db"
    migrate_sqlite(path)
    connection = sqlite3.connect(path, isolation_level=None)
    if request.param != "nothing is known":
        fill(connection)
    if request.param == "after an analysis":
        connection.execute("ANALYZE")
    elif request.param == "after a sample":
        connection.execute("PRAGMA analysis_limit=400")
        connection.execute("ANALYZE")
        _optimize(connection)
    yield connection
    connection.close()


def fill(connection: sqlite3.Connection) -> None:
    """A hub in use: two thousand members, one busy channel of five."""
    at = "2026-01-01T00:00:00.000000Z"
    connection.execute("BEGIN")
    for n in range(1, 6):
        connection.execute(
            "INSERT INTO channels (slug, name, group_name, kind, epoch, seq) VALUES (?, 'P', 'G', 'park', 'e', 5000)",
            (f"park{n}",),
        )
    connection.executemany(
        "INSERT INTO users (username, name, password_hash, created_at) VALUES (?, 'N', 'h', ?)",
        [(f"member{n}", at) for n in range(2_000)],
    )
    connection.executemany(
        "INSERT INTO posts (channel_id, user_id, title, comment, created_at, updated_at) VALUES (?, ?, 't', 'c', ?, ?)",
        [(1 if n % 4 else 1 + n % 5, 1 + n % 50, at, at) for n in range(5_000)],
    )
    connection.executemany(
        "INSERT INTO reviews (channel_id, user_id, title, comment, stars, created_at, updated_at)"
        " VALUES (?, ?, 't', 'c', ?, ?, ?)",
        [(1 + n % 5, 1 + n % 700, 1 + n % 5, at, at) for n in range(2_000)],
    )
    connection.executemany(
        "INSERT INTO ratings (channel_id, user_id, stars, created_at, updated_at) VALUES (?, ?, 3, ?, ?)",
        [(1 + n % 5, 1 + n // 5, at, at) for n in range(3_000)],
    )
    connection.executemany(
        "INSERT INTO event_log (channel_id, seq, entity, at, event) VALUES (1, ?, ?, ?, ?)",
        [(n, f"post:{n // 2}", at, "{}" if n % 2 else None) for n in range(5_000)],
    )
    connection.executemany(
        "INSERT INTO sessions (id, user_id, created_at) VALUES (?, 1, ?)", [(f"s{n}", at) for n in range(2_000)]
    )
    connection.execute("COMMIT")


def test_no_statement_looks_through_what_grows(database: sqlite3.Connection) -> None:
    statements = every("sqlite")
    assert len(statements) > 150
    faults = []
    for where, sql in statements:
        plan = [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {sql}", Anything())]
        faults += [f"{where}: {step}\n{sql}\n" for step in plan if looks_through(sql, step)]
    assert not faults, "\n".join(faults)


def looks_through(sql: str, step: str) -> bool:
    if is_allowed(sql):
        return False
    if (whole := SCAN.match(step)) is not None:
        return whole[1] in GROWING and "VIRTUAL TABLE" not in step
    in_channel = WHOLE_CHANNEL.match(step)
    return in_channel is not None and in_channel[1] in GROWING and not PAGES.search(sql)


def test_an_edit_finds_the_entry_that_it_replaces_at_once(database: sqlite3.Connection) -> None:
    compaction = next(sql for _, sql in every("sqlite") if "SET event = NULL" in sql)
    plan = [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {compaction}", Anything())]
    assert plan == ["SEARCH event_log USING INDEX event_log_live (channel_id=? AND entity=?)"]
