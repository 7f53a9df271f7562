"""Numbered migrations: each file of `schema/<engine>/` runs once, in order, whoever starts first."""

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from hub.errors import Unavailable
from hub.model import utc_now

if TYPE_CHECKING:
    from hub.store.postgres_session import Connection

WAIT_SECONDS = 30.0
FIRST = "0001_core.sql"
_TABLE = "CREATE TABLE IF NOT EXISTS schema_migrations (name TEXT PRIMARY KEY, applied_at TEXT NOT NULL)"


def migrations(engine: str) -> list[tuple[str, str]]:
    """Names and SQL of the engine's migrations, in order."""
    folder = files("hub.store") / "schema" / engine
    return sorted((entry.name, entry.read_text()) for entry in folder.iterdir() if entry.name.endswith(".sql"))


def statements(script: str) -> Iterator[str]:
    """The statements of an SQLite script, triggers whole."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def refuse_newer(engine: str, done: Iterable[str], whose: str) -> None:
    """Raises Unavailable when there are migrations among `done` that this version of the hub does not know."""
    unknown = sorted(set(done) - {name for name, _ in migrations(engine)})
    if unknown:
        raise Unavailable(f"{whose} was made by a newer version of the hub, which has {unknown[-1]}: use that version.")


def migrate_sqlite(path: Path) -> list[str]:
    """Apply what is missing in one transaction; returns the names of what was applied.

    Raises sqlite3.Error, or Unavailable for a database of another program or of a newer version of the hub.
    """
    connection = sqlite3.connect(path, isolation_level=None, timeout=WAIT_SECONDS)
    try:
        _when_not_busy(lambda: _look(path, connection))
        _when_not_busy(lambda: connection.execute("PRAGMA journal_mode=WAL"))
        # Only who has the turn moves the log into the file (hub.store.checkpoints), whoever else has it open.
        connection.execute("PRAGMA wal_autocheckpoint=0")
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(_TABLE)
        done = {name for (name,) in connection.execute("SELECT name FROM schema_migrations")}
        missing = [(name, script) for name, script in migrations("sqlite") if name not in done]
        for name, script in missing:
            for statement in statements(script):
                connection.execute(statement)
            connection.execute("INSERT INTO schema_migrations VALUES (?, ?)", (name, utc_now()))
        connection.execute("COMMIT")
        return [name for name, _ in missing]
    finally:
        connection.close()


def _look(path: Path, connection: sqlite3.Connection) -> None:
    """Look whose database it is before anything is changed in it."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not tables:
        return
    try:
        done = {name for (name,) in connection.execute("SELECT name FROM schema_migrations")}
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_ERROR:
            raise
        done = set()
    if FIRST not in done:
        raise Unavailable(f"HUB_DATABASE_URL: {path} is a database of another program: choose another file.")
    refuse_newer("sqlite", done, f"HUB_DATABASE_URL: {path}")


def _when_not_busy(work: Callable[[], object]) -> None:
    """Of several that turn the write-ahead log on at once SQLite refuses some at once, whatever the timeout."""
    until = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            work()
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
        time.sleep(0.01)


def migrate_postgres(connection: "Connection") -> list[str]:
    """As `migrate_sqlite`; whoever else starts at the same time waits. `connection` is in autocommit mode.

    Raises psycopg.Error, or Unavailable for a database of a newer version of the hub.
    """
    with connection.transaction():
        connection.execute(b"SELECT pg_advisory_xact_lock(5093761102938476)")
        connection.execute(_TABLE.encode())
        done = {row["name"] for row in connection.execute(b"SELECT name FROM schema_migrations").fetchall()}
        refuse_newer("postgres", done, "HUB_DATABASE_URL: the database")
        missing = [(name, script) for name, script in migrations("postgres") if name not in done]
        for name, script in missing:
            connection.execute(script.encode())
            connection.execute(b"INSERT INTO schema_migrations VALUES (%s, %s)", (name, utc_now()))
        return [name for name, _ in missing]
