"""SQLite through aiosqlite: each unit of work in one hop to the connection's thread, waiting units in one commit."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import aiosqlite

from hub.errors import Conflict, Unavailable
from hub.model import later_than, utc_now
from hub.store.checkpoints import Checkpoints
from hub.store.database import OnCommit, Transaction
from hub.store.group_commit import Batch, GroupCommit, Outcome, Unit
from hub.store.locks import FileLock, in_use
from hub.store.migrations import migrate_sqlite
from hub.store.sqlite_readers import SqliteReaders
from hub.store.sqlite_session import BUSY_MS, SqliteTransaction, connect, on_thread, unavailable_when_sqlite_fails

T = TypeVar("T")

BATCH = 256
# What a write-ahead log that a long reader made longer is cut to, as soon as it is written from its beginning again.
LOG_BYTES = 16 * 1024 * 1024
ANALYSED_ROWS = 400
# A file of this size is written anew within some 0.2 s, for which the writers wait.
COMPACT_BYTES = 32 * 1024 * 1024
log = logging.getLogger("hub.store")


class SqliteDatabase:
    """One writer connection with group commit, and read-only connections beside it."""

    def __init__(self, path: Path, on_commit: OnCommit, *, checkpoints: bool = False) -> None:
        """`checkpoints` is for the process that moves the write-ahead log into the file, whenever it has the turn."""
        self.on_commit = on_commit
        self._checkpoints = Checkpoints(path.resolve()) if checkpoints else None
        self._in_use = in_use(path)
        self._path = path
        self._writer: aiosqlite.Connection
        self._readers = SqliteReaders()
        self._commits = GroupCommit(self._commit, lambda announcements: self.on_commit(announcements), BATCH)

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
        with unavailable_when_sqlite_fails():
            uri = self._path.absolute().as_uri()
            no_checkpoints, limit = "PRAGMA wal_autocheckpoint=0", f"PRAGMA journal_size_limit={LOG_BYTES}"
            self._writer = await connect(uri, no_checkpoints, limit)
            await self._readers.open(uri)
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
        return await self._readers.read(unit)

    async def scan(self, unit: Callable[[Transaction], T]) -> T:
        """Run `unit` as `read` does, in the lane for reads whose cost grows. Raises what it raises, or Unavailable."""
        return await self._readers.scan(unit)

    async def pulse(self) -> None:
        """Return when the writer's thread has answered."""
        await on_thread(self._writer, lambda _: None)

    async def checkpoint(self) -> None:
        """Move the write-ahead log into the file, however short it is. Only where `checkpoints` is set."""
        if self._checkpoints is None:
            return
        with unavailable_when_sqlite_fails():
            try:
                await on_thread(self._writer, self._checkpoints.run, BUSY_MS)
            except OSError as error:
                raise sqlite3.OperationalError(f"the log cannot be looked at: {error}") from error

    async def compact(self) -> None:
        """Write a small file anew; a larger one would stop the writers for too long. Raises Unavailable."""
        with unavailable_when_sqlite_fails():
            await on_thread(self._writer, _compact)

    async def optimize(self) -> None:
        """Look at samples of the tables that have changed much (https://sqlite.org/lang_analyze.html)."""
        with unavailable_when_sqlite_fails():
            await on_thread(self._writer, _optimize)

    async def close(self) -> None:
        """Finish what is waiting and close the connections."""
        await self._commits.finish()
        await self._readers.close()
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
        with unavailable_when_sqlite_fails():
            return await on_thread(self._writer, _run_batch, units)


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


def _compact(connection: sqlite3.Connection) -> None:
    # `secure_delete` overwrites what is deleted. Where rows were moved between pages before, copies of them are left in
    # parts of the pages that SQLite does not use, and those it never overwrites.
    (pages,), (size,) = (connection.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "page_size"))
    if pages * size > COMPACT_BYTES:
        return
    connection.execute("PRAGMA temp_store=MEMORY")
    try:
        connection.execute("VACUUM")
    finally:
        connection.execute("PRAGMA temp_store=DEFAULT")


def _optimize(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA analysis_limit={ANALYSED_ROWS}")
    connection.execute("PRAGMA optimize")
