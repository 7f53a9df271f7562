"""Moving SQLite's write-ahead log into the database's file, by one process of all at a time.

SQLite up to 3.51.2 can damage a database when two connections do it at the same moment
(https://sqlite.org/wal.html#walresetbug). A worker and the one that replaces it overlap during a rolling restart: a
lock says whose turn it is.

What is erased is overwritten in the file, but stays in the log until the log is emptied. That is done as soon as nobody
has written for a round, and every ten seconds however much is written.
"""

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from hub.store.locks import FileLock

EMPTY_SECONDS = 10.0
# Writing over a short log again costs half of what making it longer does.
PAGES = 2_000
# Writers wait while the log is emptied, and that waits for readers: rather not now than for long. Where one reader
# after the other has kept it for a minute, it waits longer, but rarely.
PATIENCE_MS = 20
LATE_SECONDS = 60.0
LATE_PATIENCE_MS = 250


class Checkpoints:
    """One process's part: it does nothing while another one has the turn."""

    def __init__(self, database: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._log = database.with_name(f"{database.name}-wal")
        self._turn = FileLock(database, "checkpoints")
        self._clock = clock
        self._emptied_at = self._tried_at = clock()
        self._seen: tuple[int, int] | None = None

    def run(self, connection: sqlite3.Connection, busy_ms: int) -> None:
        """Move what the log holds, and empty it when it is time; `busy_ms` is the connection's usual patience.

        Raises OSError or sqlite3.Error.
        """
        if not self._turn.held:
            if not self._turn.take():
                return
            connection.execute(f"PRAGMA wal_autocheckpoint={PAGES}")
        seen, self._seen = self._seen, self._log_state()
        if self._seen is None or not self._seen[0]:
            self._emptied_at = self._clock()
        elif patience := self._patience(quiet=self._seen == seen):
            self._empty(connection, patience, busy_ms)
        else:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def end(self) -> None:
        """Let another process have the turn; only when the connection is closed."""
        self._turn.release()

    def _patience(self, quiet: bool) -> int:
        """How many milliseconds the emptying may wait for readers now; 0 when it is not its time."""
        full_for = self._clock() - self._emptied_at
        if full_for >= LATE_SECONDS:
            return LATE_PATIENCE_MS if self._clock() - self._tried_at >= EMPTY_SECONDS else 0
        return PATIENCE_MS if quiet or full_for >= EMPTY_SECONDS else 0

    def _empty(self, connection: sqlite3.Connection, patience_ms: int, busy_ms: int) -> None:
        self._tried_at = self._clock()
        connection.execute(f"PRAGMA busy_timeout={patience_ms}")
        try:
            busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if not busy:
                self._emptied_at = self._clock()
        finally:
            connection.execute(f"PRAGMA busy_timeout={busy_ms}")

    def _log_state(self) -> tuple[int, int] | None:
        with suppress(FileNotFoundError):
            status = os.stat(self._log)
            return status.st_size, status.st_mtime_ns
        return None
