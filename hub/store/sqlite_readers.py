"""Reading from SQLite: connections of their own, on snapshots, never longer than a reader's patience."""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from typing import Any, TypeVar

import aiosqlite

from hub.errors import Unavailable
from hub.store.database import READ_SECONDS, Transaction
from hub.store.group_commit import Outcome, Unit, answer
from hub.store.lane import SECONDS, Lane, too_long
from hub.store.sqlite_session import SqliteTransaction, connect, on_thread, unavailable_when_sqlite_fails

T = TypeVar("T")
Asked = tuple[Unit, "asyncio.Future[Any]"]

READERS = 2
READ_BATCH = 32
# SQLite looks at the clock after so many of its own instructions: about a millisecond.
_INSTRUCTIONS = 20_000


class SqliteReader:
    """One read-only connection, whose statements are interrupted when a unit's time is over or its asker has gone."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection
        self._until = 0.0
        self._asked: asyncio.Future[Any] | None = None

    @classmethod
    async def open(cls, uri: str) -> "SqliteReader":
        """Open it. Raises sqlite3.Error."""
        reader = cls(await connect(f"{uri}?mode=ro", "PRAGMA query_only=ON"))
        await reader._connection.set_progress_handler(reader._must_end, _INSTRUCTIONS)
        return reader

    async def run(self, asked: list[Asked], seconds: float) -> list[Outcome]:
        """Run units in one hop to the thread, each at most so long."""
        return await on_thread(self._connection, self._run_all, asked, seconds)

    async def close(self) -> None:
        """Close the connection."""
        await self._connection.close()

    def _must_end(self) -> bool:
        return time.monotonic() > self._until or (self._asked is not None and self._asked.done())

    def _run_all(self, connection: sqlite3.Connection, asked: list[Asked], seconds: float) -> list[Outcome]:
        return [self._run(connection, unit, future, seconds) for unit, future in asked]

    def _run(
        self, connection: sqlite3.Connection, unit: Unit, future: "asyncio.Future[Any]", seconds: float
    ) -> Outcome:
        """Run one unit on a snapshot of its own: it sees everything that was committed before it began."""
        if future.done():
            return None, None
        self._until, self._asked = time.monotonic() + seconds, future
        try:
            with unavailable_when_sqlite_fails():
                connection.execute("BEGIN")
                try:
                    return unit(SqliteTransaction(connection)), None
                except sqlite3.OperationalError as error:
                    if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                        raise too_long() from error
                    raise
                finally:
                    self._until, self._asked = time.monotonic() + seconds, None
                    connection.execute("ROLLBACK")
        except Exception as error:
            return None, error


class SqliteReaders:
    """The readers of one process: some for short reads that go together, one for reads whose cost grows."""

    def __init__(self) -> None:
        self._idle: list[SqliteReader] = []
        self._scanner: SqliteReader
        self._lane = Lane(1)
        self._waiting: list[Asked] = []
        self._busy: set[asyncio.Task[None]] = set()

    async def open(self, uri: str) -> None:
        """Open the connections. Raises sqlite3.Error."""
        self._idle = [await SqliteReader.open(uri) for _ in range(READERS)]
        self._scanner = await SqliteReader.open(uri)

    async def close(self) -> None:
        """Finish what is waiting and close the connections."""
        await asyncio.gather(*self._busy)
        for reader in (*self._idle, self._scanner):
            await reader.close()

    async def read(self, unit: Callable[[Transaction], T]) -> T:
        """Run `unit` on a snapshot. Raises what it raises, or Unavailable."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((unit, future))
        if self._idle:
            task = asyncio.create_task(self._read_waiting(self._idle.pop()))
            self._busy.add(task)
            task.add_done_callback(self._busy.discard)
        try:
            async with asyncio.timeout(READ_SECONDS):
                return await future
        except TimeoutError:
            raise Unavailable("The database is busy. Try again in a moment.", retry_after=2) from None

    async def scan(self, unit: Callable[[Transaction], T]) -> T:
        """As `read`, in the lane for reads whose cost grows."""
        async with self._lane.turn():
            future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
            try:
                answer([future], await self._scanner.run([(unit, future)], SECONDS))
            finally:
                future.cancel()
            return future.result()

    async def _read_waiting(self, reader: SqliteReader) -> None:
        # A hop to the thread costs ten times what a short query does: those that wait go together.
        while self._waiting:
            batch, self._waiting = self._waiting[:READ_BATCH], self._waiting[READ_BATCH:]
            answer([future for _, future in batch], await reader.run(batch, READ_SECONDS))
        self._idle.append(reader)
