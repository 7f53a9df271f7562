"""PostgreSQL through psycopg: the same units of work as on SQLite, for hubs on several machines.

Writers take turns, whichever worker or machine they are on: each batch of units begins with one advisory lock. So a
unit sees what all earlier ones did and nothing that comes later, exactly as on SQLite; units never wait for each other
in a circle; and the order of commits is the order of every channel's `seq`. Group commit makes the turns worthwhile.
Readers take no turns: each has a snapshot.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from queue import SimpleQueue
from typing import TypeVar, cast

import psycopg
from psycopg.pq import TransactionStatus

from hub.errors import Conflict, HubError, InvalidInput, NotFound, Unavailable
from hub.model import later_than, utc_now
from hub.store.database import READ_SECONDS, Announcement, OnCommit, Row, Transaction, Value
from hub.store.group_commit import Batch, GroupCommit, Outcome, Unit
from hub.store.lane import SECONDS, Lane, too_long
from hub.store.migrations import migrate_postgres
from hub.store.parameters import to_psycopg
from hub.store.postgres_session import CommitUnsure, Connection, Overdue, PostgresSession, connect

T = TypeVar("T")

READERS = 4
SCANNERS = 2
# PostgreSQL keeps up to 64 savepoints of a transaction at hand; with more, every reader has to look them up.
BATCH = 50
ATTEMPTS = 4
# So many rows go to the server at once that it has answered before anybody's patience ends.
MANY = 1_000
TURN = b"BEGIN; SELECT pg_advisory_xact_lock(5093761102938475); SAVEPOINT unit"
SNAPSHOT = b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_AGAIN = (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected)
_BUSY = (*_AGAIN, psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled)
_OWN_FAULT = (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled)
log = logging.getLogger("hub.store")


class PostgresTransaction:
    """A unit's view of one PostgreSQL connection, used on one thread only."""

    engine = "postgresql"

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.now = utc_now()
        self.announcements: list[Announcement] = []

    def one(self, sql: str, /, **params: Value) -> Row | None:
        return self._connection.execute(to_psycopg(sql), params).fetchone()

    def all(self, sql: str, /, **params: Value) -> list[Row]:
        return cast("list[Row]", self._connection.execute(to_psycopg(sql), params).fetchall())

    def run(self, sql: str, /, **params: Value) -> int:
        return self._connection.execute(to_psycopg(sql), params).rowcount

    def many(self, sql: str, rows: Sequence[Mapping[str, Value]], /) -> None:
        with self._connection.cursor() as cursor:
            for start in range(0, len(rows), MANY):
                cursor.executemany(to_psycopg(sql), rows[start : start + MANY])

    def announce(self, announcement: Announcement) -> None:
        self.announcements.append(announcement)


class PostgresDatabase:
    """One writing connection with group commit, and reading ones beside it; each has a thread."""

    def __init__(self, url: str, on_commit: OnCommit) -> None:
        self.on_commit = on_commit
        self._url = url
        self._commits = GroupCommit(self._commit, lambda announcements: self.on_commit(announcements), BATCH)
        self._writer = PostgresSession(url)
        self._writing = ThreadPoolExecutor(1, "hub-write")
        self._readers = Readers(url, READERS, READ_SECONDS)
        self._scanners = Readers(url, SCANNERS, SECONDS)
        self._lane = Lane(SCANNERS)

    @property
    def trouble(self) -> str:
        """Why the last write could not be taken, as a sentence; empty when it was."""
        return self._commits.trouble

    async def migrate(self) -> list[str]:
        """Apply the migrations that are missing. Raises Unavailable, and says where there is no server."""
        return await asyncio.to_thread(self._migrate)

    async def open(self) -> None:
        """Connections are made when they are needed."""
        self._commits.start()

    async def write(self, unit: Callable[[Transaction], T]) -> T:
        """Run `unit`, durably. Raises what it raises, Conflict, InvalidInput or Unavailable.

        After a conflict between transactions a unit is run again: it must do nothing but work on its transaction.
        """
        return await self._commits.write(unit)

    async def read(self, unit: Callable[[Transaction], T]) -> T:
        """Run `unit` on one snapshot. Raises what it raises, NotFound or Unavailable."""
        return await self._readers.read(unit)

    async def scan(self, unit: Callable[[Transaction], T]) -> T:
        """Run `unit` as `read` does, in the lane for reads whose cost grows. Raises what it raises, or Unavailable."""
        async with self._lane.turn():
            return await self._scanners.read(unit)

    async def pulse(self) -> None:
        """Return at once: a server that hangs is no fault of this process, and a new one would not cure it."""

    async def checkpoint(self) -> None:
        """Nothing to do: the server makes its own."""

    async def compact(self) -> None:
        """Nothing to do: autovacuum does it."""

    async def optimize(self) -> None:
        """Nothing to do: the server's autovacuum looks."""

    async def close(self) -> None:
        """Finish what is waiting and close the connections."""
        await self._commits.finish()
        await self._readers.close()
        await self._scanners.close()
        await asyncio.to_thread(self._writing.shutdown)
        self._writer.close()

    async def _commit(self, units: list[Unit]) -> Batch:
        return await asyncio.get_running_loop().run_in_executor(self._writing, self._run_batch, units)

    def _run_batch(self, units: list[Unit]) -> Batch:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._writer.run(partial(_run_batch, units=units))
            except psycopg.Error as error:
                if not isinstance(error, _AGAIN) or attempt == ATTEMPTS:
                    raise _unavailable(error) from error
        raise AssertionError("the last attempt returns or raises")

    def _migrate(self) -> list[str]:
        try:
            with connect(self._url) as connection:
                return migrate_postgres(connection)
        except psycopg.OperationalError as error:
            raise Unavailable(f"The database of HUB_DATABASE_URL does not answer: {_first_line(error)}") from error
        except psycopg.Error as error:
            raise Unavailable(f"HUB_DATABASE_URL: the database cannot be used: {_first_line(error)}") from error


class Readers:
    """Reading connections, each with a thread; nobody waits longer for a read than `seconds`."""

    def __init__(self, url: str, count: int, seconds: float) -> None:
        self._seconds = seconds
        self._threads = ThreadPoolExecutor(count, "hub-read")
        self._sessions: SimpleQueue[PostgresSession] = SimpleQueue()
        for _ in range(count):
            self._sessions.put(PostgresSession(url, seconds))

    async def read(self, unit: Callable[[Transaction], T]) -> T:
        """Run `unit` on one snapshot. Raises what it raises, NotFound or Unavailable."""
        try:
            # The server ends a statement in time by itself, unless it stands still.
            async with asyncio.timeout(self._seconds + 1.0):
                return await asyncio.get_running_loop().run_in_executor(self._threads, self._read, unit)
        except TimeoutError:
            raise Unavailable("The database does not answer. Try again in a moment.", retry_after=2) from None

    async def close(self) -> None:
        """Finish what is under way and close the connections."""
        await asyncio.to_thread(self._threads.shutdown)
        while not self._sessions.empty():
            self._sessions.get().close()

    def _read(self, unit: Callable[[Transaction], T]) -> T:
        # As many threads as sessions: there is always one.
        session = self._sessions.get()
        try:
            return session.run(partial(_run_snapshot, unit=unit))
        except psycopg.errors.QueryCanceled as error:
            raise too_long() from error
        except psycopg.DataError as error:
            # What cannot be stored, such as a text with NUL in it, is not there either.
            raise NotFound("There is no such thing here.") from error
        except psycopg.Error as error:
            raise _unavailable(error) from error
        finally:
            self._sessions.put(session)


def _run_batch(connection: Connection, units: list[Unit]) -> Batch:
    """Run the units in one transaction, each under its own savepoint, so that one that fails takes no other along.

    The savepoint's end goes to the server together with what comes next: that spares a journey for each unit.
    """
    connection.execute(TURN)
    transaction = PostgresTransaction(connection)
    outcomes: list[Outcome] = []
    for left in range(len(units) - 1, -1, -1):
        outcome = _run_unit(connection, transaction, units[len(outcomes)])
        outcomes.append(outcome)
        ending = b"RELEASE unit; " if outcome[1] is None else b"ROLLBACK TO unit; RELEASE unit; "
        if left:
            connection.execute(ending + b"SAVEPOINT unit")
        else:
            _commit(connection, ending)
    return outcomes, transaction.announcements


def _run_unit(connection: Connection, transaction: PostgresTransaction, unit: Unit) -> Outcome:
    announced = len(transaction.announcements)
    transaction.now = later_than(transaction.now, utc_now())
    try:
        result = unit(transaction)
        if connection.info.transaction_status == TransactionStatus.INERROR:
            raise psycopg.errors.InFailedSqlTransaction("the unit went on after a statement had failed")
    except BaseException as error:
        del transaction.announcements[announced:]
        if _is_everybodys(error, connection):
            raise
        return None, _as_hub_error(error)
    return result, None


def _is_everybodys(error: BaseException, connection: Connection) -> bool:
    """Whether it is the server or the connection that failed, and not one unit."""
    if isinstance(error, psycopg.OperationalError) and not isinstance(error, _OWN_FAULT):
        return True
    return connection.closed or isinstance(error, psycopg.errors.ReadOnlySqlTransaction)


def _commit(connection: Connection, ending: bytes) -> None:
    try:
        connection.execute(ending + b"COMMIT")
    except psycopg.OperationalError as error:
        if connection.closed or isinstance(error, Overdue):
            raise CommitUnsure(str(error)) from error
        raise


def _run_snapshot(connection: Connection, unit: Callable[[Transaction], T]) -> T:
    connection.execute(SNAPSHOT)
    result = unit(PostgresTransaction(connection))
    connection.execute(b"ROLLBACK")
    return result


def _as_hub_error(error: BaseException) -> BaseException:
    if isinstance(error, HubError) or not isinstance(error, psycopg.Error):
        return error
    if isinstance(error, psycopg.IntegrityError):
        log.warning("a write broke a constraint: %s", _first_line(error))
        return Conflict("Somebody changed this at the same time. Load it again and retry.")
    if isinstance(error, psycopg.DataError):
        return InvalidInput("There is a character or a number in it that cannot be stored.")
    return _unavailable(error) if isinstance(error, _OWN_FAULT) else error


def _unavailable(error: psycopg.Error) -> Unavailable:
    log.error("the database failed: %s", _first_line(error))
    return Unavailable(_reason(error), retry_after=2)


def _reason(error: psycopg.Error) -> str:
    if isinstance(error, CommitUnsure):
        return "The connection to the database broke while this was saved. Look whether it is there before you retry."
    if isinstance(error, _BUSY):
        return "The database is busy. Nothing was changed; try again in a moment."
    if isinstance(error, psycopg.errors.DiskFull):
        return "The disk is full. Nothing was changed; what was saved before is safe."
    return "The database cannot answer. Nothing was changed; try again in a moment."


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
