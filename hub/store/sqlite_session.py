"""One SQLite connection through aiosqlite, and what a unit of work sees of it."""

import logging
import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar, cast

import aiosqlite

from hub.errors import HubError, Unavailable
from hub.model import utc_now
from hub.store.database import Announcement, Row, Value

T = TypeVar("T")

BUSY_MS = 5_000
log = logging.getLogger("hub.store")


class SqliteTransaction:
    """A unit's view of one SQLite connection, used on that connection's thread only."""

    engine = "sqlite"

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.now = utc_now()
        self.announcements: list[Announcement] = []

    def one(self, sql: str, /, **params: Value) -> Row | None:
        return cast("Row | None", self._connection.execute(sql, params).fetchone())

    def all(self, sql: str, /, **params: Value) -> list[Row]:
        return cast("list[Row]", self._connection.execute(sql, params).fetchall())

    def run(self, sql: str, /, **params: Value) -> int:
        return self._connection.execute(sql, params).rowcount

    def many(self, sql: str, rows: Sequence[Mapping[str, Value]], /) -> None:
        self._connection.executemany(sql, rows)

    def announce(self, announcement: Announcement) -> None:
        self.announcements.append(announcement)


async def connect(uri: str, *pragmas: str) -> aiosqlite.Connection:
    """A new connection in autocommit mode. Raises sqlite3.Error."""
    connection = await aiosqlite.connect(uri, uri=True, isolation_level=None, cached_statements=512)
    connection.row_factory = sqlite3.Row
    for pragma in (
        f"PRAGMA busy_timeout={BUSY_MS}",
        "PRAGMA synchronous=FULL",
        "PRAGMA foreign_keys=ON",
        "PRAGMA secure_delete=ON",
        *pragmas,
    ):
        await connection.execute_fetchall(pragma)
    return connection


async def on_thread(connection: aiosqlite.Connection, work: Callable[..., T], *args: Any) -> T:
    """Do `work` with the raw connection on its thread."""
    # aiosqlite's public calls hop to its thread once per statement; a whole unit in one hop costs a quarter of that.
    raw = connection._conn
    execute = cast("Callable[..., Awaitable[T]]", connection._execute)
    return await execute(partial(work, raw, *args))


@contextmanager
def unavailable_when_sqlite_fails() -> Iterator[None]:
    """Makes what SQLite raises into Unavailable."""
    try:
        yield
    except HubError:
        raise
    except (sqlite3.OperationalError, sqlite3.DatabaseError) as error:
        log.error("the database failed: %s", error)
        raise Unavailable(_reason(error), retry_after=2) from error


def _reason(error: sqlite3.Error) -> str:
    text = str(error)
    if "locked" in text or "busy" in text:
        return "The database is busy. Nothing was changed; try again in a moment."
    if "full" in text or "disk I/O" in text:
        return "The disk is full. Nothing was changed; what was saved before is safe."
    return "The database cannot answer. Nothing was changed; try again in a moment."
