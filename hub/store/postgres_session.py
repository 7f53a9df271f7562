"""One PostgreSQL connection that is used by one thread at a time, made when it is needed and again when it is lost."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

import psycopg
from psycopg import errors
from psycopg.abc import PQGen
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import DictRow, dict_row

T = TypeVar("T")

WRITE_SECONDS = 10.0

# A URL may say otherwise. A dead network is noticed within seconds, not after TCP's own quarter of an hour.
_DEFAULTS: dict[str, Any] = {
    "application_name": "frostbyte-hub",
    "connect_timeout": 3,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
    "client_encoding": "utf8",
}
# Milliseconds. A worker that stands still in the middle of a write must not keep the others from writing for long.
_LIMITS = "SET lock_timeout = 5000; SET statement_timeout = {}; SET idle_in_transaction_session_timeout = 30000"
_REST_SECONDS = 1.0


class Overdue(psycopg.OperationalError):
    """The server did not answer in time. It may be there and stand still, which no limit of its own can notice."""


class Connection(psycopg.Connection[DictRow]):
    """A connection that waits at most `patience` seconds for each answer of the server."""

    patience: float | None = None

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        """As psycopg's own. Raises Overdue."""
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except errors._WaitTimeout as error:
            if timeout is not None:
                raise
            raise Overdue("the server did not answer in time") from error


class CommitUnsure(psycopg.OperationalError):
    """The connection was lost during the commit: it may have been made or not."""


def connect(url: str) -> Connection:
    """A new connection in autocommit mode, so that BEGIN and COMMIT are ours. Raises psycopg.OperationalError."""
    conninfo = make_conninfo("", **{**_DEFAULTS, **conninfo_to_dict(url)})
    return Connection.connect(conninfo, autocommit=True, row_factory=dict_row)


class PostgresSession:
    """Runs work on its connection. After a connection could not be made it fails at once for a second."""

    def __init__(self, url: str, patience: float = WRITE_SECONDS) -> None:
        """`patience` is how long it waits for an answer of the server, in seconds."""
        self._url = url
        self._patience = patience
        self._connection: Connection | None = None
        self._rest_until = 0.0

    def run(self, work: Callable[[Connection], T]) -> T:
        """Do `work`, which begins and ends its own transaction.

        On a connection that turns out to be lost it is done once more on a new one, unless its commit is unsure.
        Raises what `work` raises, or psycopg.OperationalError.
        """
        if self._connection is not None:
            try:
                return self._try(self._connection, work)
            except (CommitUnsure, Overdue):
                raise
            except psycopg.Error:
                if self._connection is not None:
                    raise
        return self._try(self._connect(), work)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connect(self) -> Connection:
        if time.monotonic() < self._rest_until:
            raise psycopg.OperationalError("the last attempt to connect failed a moment ago")
        try:
            self._connection = connect(self._url)
            # The server's own limit comes first where the server still goes on.
            self._connection.patience = self._patience + 0.5
            self._connection.execute(_LIMITS.format(int(self._patience * 1000)).encode())
        except psycopg.Error:
            self._rest_until = time.monotonic() + _REST_SECONDS
            self.close()
            raise
        return self._connection

    def _try(self, connection: Connection, work: Callable[[Connection], T]) -> T:
        try:
            return work(connection)
        except BaseException as error:
            # A server that has become a standby refuses writes: a new connection may find the new primary.
            if isinstance(error, psycopg.errors.ReadOnlySqlTransaction) or not _rolled_back(connection):
                self.close()
            raise


def _rolled_back(connection: Connection) -> bool:
    """Whether the connection is as new again."""
    try:
        connection.execute(b"ROLLBACK")
    except psycopg.Error:
        return False
    return True
