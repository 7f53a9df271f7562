"""What the store's modules and their callers see of a database.

A unit of work is a plain function of a `Transaction`. `Database.write` runs it whole, in a transaction of its own or in
one shared with other waiting units, and returns after the commit is durable.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from msgspec import Struct

from hub.errors import Unavailable
from hub.events import Envelope

T = TypeVar("T")
Row = Mapping[str, Any]
Value = str | int | float | bytes | None
# How many rows a unit changes at most, where their number grows with what is stored: others wait for its end.
SLICE = 100
log = logging.getLogger("hub.store")


class SessionsEnded(Struct, frozen=True):
    """Log-in sessions that have just been ended."""

    sessions: list[str]


READ_SECONDS = 5.0
Announcement = Envelope | SessionsEnded
OnCommit = Callable[[Sequence[Announcement]], None]


class Transaction(Protocol):
    """One unit's view of the database. SQL has `:named` parameters and runs on SQLite and PostgreSQL alike.

    `now` was taken after the lock was had, and no other unit of the same commit has the same one.
    """

    now: str
    engine: str

    def one(self, sql: str, /, **params: Value) -> Row | None:
        """The first row, or None."""

    def all(self, sql: str, /, **params: Value) -> list[Row]:
        """All rows."""

    def run(self, sql: str, /, **params: Value) -> int:
        """Run a statement; returns how many rows it touched."""

    def many(self, sql: str, rows: Sequence[Mapping[str, Value]], /) -> None:
        """Run a statement once for each of `rows`."""

    def announce(self, announcement: Announcement) -> None:
        """Tell the other workers after the commit; nothing is told when the unit fails."""


class Guard(Protocol):
    """Makes a unit into one that holds only under a condition."""

    def __call__(self, unit: Callable[[Transaction], T], /) -> Callable[[Transaction], T]:
        """The unit, with the condition."""


def unguarded(unit: Callable[[Transaction], T]) -> Callable[[Transaction], T]:
    """The Guard without a condition."""
    return unit


class Database(Protocol):
    """A database that runs units of work."""

    on_commit: OnCommit

    @property
    def trouble(self) -> str:
        """Why the last write could not be taken, as a sentence; empty when it was."""

    async def open(self) -> None:
        """Get ready to run units. Raises Unavailable."""

    async def write(self, unit: Callable[[Transaction], T]) -> T:
        """Run `unit` and return its result once it is durable.

        Raises what `unit` raises, and Unavailable when the database cannot take it, or not while its asker can still
        be waiting; nothing is changed then.
        """

    async def read(self, unit: Callable[[Transaction], T]) -> T:
        """Run `unit` on one snapshot. Raises Unavailable when the database does not answer within `READ_SECONDS`."""

    async def scan(self, unit: Callable[[Transaction], T]) -> T:
        """As `read`, for what costs the more the more is stored: few at a time, in a lane of their own.

        Raises Unavailable also where too many wait, or it takes longer than 2 seconds.
        """

    async def pulse(self) -> None:
        """Return when what does the writing has answered; no statement is run."""

    def migrate(self) -> Awaitable[list[str]]:
        """Bring the schema up to date, once whoever else starts; returns the names of what was applied."""

    async def checkpoint(self) -> None:
        """Move what was written ahead into its place, where the engine leaves that to us. Raises Unavailable."""

    async def compact(self) -> None:
        """Write everything anew, where erased text may be left in unused parts of the file and that is a short work.

        Raises Unavailable.
        """

    async def optimize(self) -> None:
        """Let the engine look at how its data are spread, where it does not do so by itself. Raises Unavailable."""

    async def close(self) -> None:
        """Finish what is waiting and close the connections."""


async def in_steps(database: Database, step: Callable[[Transaction], bool]) -> None:
    """Run `step` again and again, each time as a unit of its own, until it says that there is no more to do.

    When the database cannot take it now, the rest is left to the maintenance, which goes on with what has begun.
    """
    try:
        while await database.write(step):
            pass
    except Unavailable as error:
        log.warning("what was begun has to be finished later: %s", error)


def probe(tx: Transaction) -> None:
    """Write something and leave nothing: fails when the database cannot take a write."""
    tx.run("INSERT INTO schema_migrations (name, applied_at) VALUES ('probe', :now)", now=tx.now)
    tx.run("DELETE FROM schema_migrations WHERE name = 'probe'")


def required(row: Row | None) -> Row:
    """The row of a statement that always has one (`RETURNING` after an insert, an aggregate)."""
    if row is None:
        raise LookupError("the statement returned no row")
    return row
