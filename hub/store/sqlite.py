"""SQLite through aiosqlite: each unit of work in one hop to the connection's thread, waiting units in one commit."""

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

import aiosqlite

from hub.errors import Conflict, HubError, Unavailable
from hub.model import later_than, utc_now
from hub.store.checkpoints import Checkpoints
from hub.store.database import Announcement, OnCommit, Row, Transaction, Value
from hub.store.group_commit import Batch, GroupCommit, Outcome, Unit, answer
from hub.store.locks import FileLock, in_use
from hub.store.migrations import migrate_sqlite

T = TypeVar("T")

BUSY_MS = 5_000
BATCH = 256
READ_BATCH = 32
READERS = 2
# What a write-ahead log that a long reader made longer is cut to, as soon as it is written from its beginning again.
LOG_BYTES = 16 * 1024 * 1024
ANALYSED_ROWS = 400
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


class SqliteDatabase:
    """One writer connection with group commit, and read-only connections beside it."""

    def __init__(self, path: Path, on_commit: OnCommit, *, checkpoints: bool = False) -> None:
        """`checkpoints` is for the process that moves the write-ahead log into the file, whenever it has the turn."""
        self.on_commit = on_commit
        self._checkpoints = Checkpoints(path.resolve()) if checkpoints else None
        self._in_use = in_use(path)
        self._path = path
        self._writer: aiosqlite.Connection
        self._idle_readers: list[aiosqlite.Connection] = []
        self._commits = GroupCommit(self._commit, lambda announcements: self.on_commit(announcements), BATCH)
        self._waiting_reads: list[tuple[Unit, asyncio.Future[Any]]] = []
        self._reading: set[asyncio.Task[None]] = set()

    async def migrate(self) -> list[str]:
        """Apply the migrations that are missing. Raises Unavailable when the file cannot be used."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._using():
                return await asyncio.to_thread(migrate_sqlite, self._path)
        except (OSError, sqlite3.Error) as error:
            raise Unavailable(f"HUB_DATABASE_URL: {self._path} cannot be used as the database: {error}") from error

    async def open(self) -> None:
        """Open the connections. Raises Unavailable when the file cannot be opened."""
        self._use(self._in_use)
        with _unavailable_when_sqlite_fails():
            uri = self._path.absolute().as_uri()
            no_checkpoints, limit = "PRAGMA wal_autocheckpoint=0", f"PRAGMA journal_size_limit={LOG_BYTES}"
            self._writer = await _connect(uri, no_checkpoints, limit)
            for _ in range(READERS):
                self._idle_readers.append(await _connect(f"{uri}?mode=ro", "PRAGMA query_only=ON"))
        self._commits.start()

    @property
    def trouble(self) -> str:
        """Why the last write could not be taken, as a sentence; empty when it was."""
        return self._commits.trouble

    async def write(self, unit: Callable[[Transaction], T]) -> T:
        """Run `unit`, durably. Raises what it raises, Conflict or Unavailable."""
        return await self._commits.write(unit)

    async def read(self, unit: Callable[[Transaction], T]) -> T:
        """Run `unit` on a snapshot. Raises what it raises, or Unavailable."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting_reads.append((unit, future))
        if self._idle_readers:
            task = asyncio.create_task(self._read_waiting(self._idle_readers.pop()))
            self._reading.add(task)
            task.add_done_callback(self._reading.discard)
        return await future

    async def checkpoint(self) -> None:
        """Move the write-ahead log into the file, however short it is. Only where `checkpoints` is set."""
        if self._checkpoints is None:
            return
        with _unavailable_when_sqlite_fails():
            try:
                await _on_thread(self._writer, self._checkpoints.run, BUSY_MS)
            except OSError as error:
                raise sqlite3.OperationalError(f"the log cannot be looked at: {error}") from error

    async def optimize(self) -> None:
        """Look at samples of the tables that have changed much (https://sqlite.org/lang_analyze.html)."""
        with _unavailable_when_sqlite_fails():
            await _on_thread(self._writer, _optimize)

    async def close(self) -> None:
        """Finish what is waiting and close the connections."""
        await self._commits.finish()
        await asyncio.gather(*self._reading)
        for reader in self._idle_readers:
            await reader.close()
        # Last, as only the writer can move the write-ahead log into the file: what is erased is gone from the disk.
        await self._writer.close()
        if self._checkpoints is not None:
            self._checkpoints.end()
        self._in_use.release()

    @contextmanager
    def _using(self) -> Iterator[None]:
        lock = in_use(self._path)
        self._use(lock)
        try:
            yield
        finally:
            lock.release()

    def _use(self, lock: FileLock) -> None:
        try:
            if not lock.take(shared=True):
                raise Unavailable(f"{self._path} is being restored: wait until that is done.")
        except OSError as error:
            raise Unavailable(f"HUB_DATABASE_URL: nothing can be written beside {self._path}: {error}") from error

    async def _commit(self, units: list[Unit]) -> Batch:
        with _unavailable_when_sqlite_fails():
            return await _on_thread(self._writer, _run_batch, units)

    async def _read_waiting(self, reader: aiosqlite.Connection) -> None:
        # A hop to the thread costs ten times what a short query does: those that wait go together.
        while self._waiting_reads:
            batch, self._waiting_reads = self._waiting_reads[:READ_BATCH], self._waiting_reads[READ_BATCH:]
            outcomes = await _on_thread(reader, _run_reads, [unit for unit, _ in batch])
            answer([future for _, future in batch], outcomes)
        self._idle_readers.append(reader)


async def _connect(uri: str, *pragmas: str) -> aiosqlite.Connection:
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


async def _on_thread(connection: aiosqlite.Connection, work: Callable[..., T], *args: Any) -> T:
    # aiosqlite's public calls hop to its thread once per statement; a whole unit in one hop costs a quarter of that.
    raw = connection._conn
    execute = cast("Callable[..., Awaitable[T]]", connection._execute)
    return await execute(partial(work, raw, *args))


def _run_batch(connection: sqlite3.Connection, units: list[Unit]) -> Batch:
    connection.execute("BEGIN IMMEDIATE")
    # Not before the lock is had: what was committed meanwhile is earlier than this.
    transaction = SqliteTransaction(connection)
    try:
        outcomes = [_run_unit(connection, transaction, unit, alone=len(units) == 1) for unit in units]
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return outcomes, transaction.announcements


def _run_unit(connection: sqlite3.Connection, transaction: SqliteTransaction, unit: Unit, alone: bool) -> Outcome:
    """Run one unit under its own savepoint, so that one that fails does not take the others along."""
    announced = len(transaction.announcements)
    connection.execute("SAVEPOINT unit")
    transaction.now = later_than(transaction.now, utc_now())
    try:
        result = unit(transaction)
    except BaseException as error:
        if isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode != sqlite3.SQLITE_ERROR:
            raise  # The disk or a lock, not this unit's statement.
        del transaction.announcements[announced:]
        connection.execute("ROLLBACK TO unit")
        connection.execute("RELEASE unit")
        return None, _as_hub_error(error)
    connection.execute("RELEASE unit")
    return result, None


def _as_hub_error(error: BaseException) -> BaseException:
    if isinstance(error, sqlite3.IntegrityError):
        log.warning("a write broke a constraint: %s", error)
        return Conflict("Somebody changed this at the same time. Load it again and retry.")
    return error


def _run_reads(connection: sqlite3.Connection, units: list[Unit]) -> list[Outcome]:
    return [_run_read(connection, unit) for unit in units]


def _run_read(connection: sqlite3.Connection, unit: Unit) -> Outcome:
    """Run one unit on a snapshot of its own: it sees everything that was committed before it began."""
    try:
        with _unavailable_when_sqlite_fails():
            connection.execute("BEGIN")
            try:
                return unit(SqliteTransaction(connection)), None
            finally:
                connection.execute("ROLLBACK")
    except Exception as error:
        return None, error


def _optimize(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA analysis_limit={ANALYSED_ROWS}")
    connection.execute("PRAGMA optimize")


@contextmanager
def _unavailable_when_sqlite_fails() -> Iterator[None]:
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
