"""Backups of an SQLite hub: consistent copies while it runs, and putting one back."""

import os
import sqlite3
from pathlib import Path

from hub.store.log import new_epoch
from hub.store.migrations import migrate_sqlite

CHAT_LEAP = 1_000_000


class BackupError(Exception):
    """The backup or the restore was not done; the message says why."""


def backup(database: Path, target: Path) -> int:
    """Copy the database as of now into `target`, without where people are; returns its size in bytes.

    Raises BackupError.
    """
    if not database.is_file():
        raise BackupError(f"There is no database at {database}.")
    if target.exists():
        raise BackupError(f"{target} is there already: choose another name.")
    connection = sqlite3.connect(database, timeout=30)
    try:
        # VACUUM INTO reads one snapshot; the page-by-page backup API starts over with every write.
        connection.execute("VACUUM INTO ?", (str(target),))
        _forget_locations(target)
    except sqlite3.Error as error:
        raise BackupError(f"The database could not be copied: {error}") from error
    finally:
        connection.close()
    _sync(target)
    return target.stat().st_size


def _forget_locations(path: Path) -> None:
    """A backup outlives every location, and a restore must not bring back who has stopped sharing."""
    connection = sqlite3.connect(path)
    try:
        connection.execute("PRAGMA secure_delete=ON")
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'locations'").fetchone():
            connection.execute("DELETE FROM locations")
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'areas'").fetchone():
            connection.execute(
                "UPDATE areas SET shown_row = NULL, shown_column = NULL, next_row = NULL, next_column = NULL"
            )
            connection.execute("UPDATE areas SET changed_at = '', due_at = NULL, shown_until = ''")
        connection.commit()
    finally:
        connection.close()


def restore(source: Path, database: Path) -> None:
    """Put `source` in the place of the database, with new epochs, so that clients fetch the history again.

    Raises BackupError when it is not a hub's database or the hub is running.
    """
    if not source.is_file():
        raise BackupError(f"There is no file {source}.")
    fresh = database.with_name(database.name + ".restoring")
    fresh.unlink(missing_ok=True)
    backup(source, fresh)
    try:
        migrate_sqlite(fresh)
        _renew_epochs(fresh)
        _refuse_while_open(database)
    except (sqlite3.Error, BackupError) as error:
        fresh.unlink(missing_ok=True)
        raise BackupError(f"{source} was not restored: {error}") from error
    for part in ("-wal", "-shm"):
        database.with_name(database.name + part).unlink(missing_ok=True)
    os.replace(fresh, database)
    _sync(database.parent)


def _renew_epochs(path: Path) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        for (channel_id,) in connection.execute("SELECT id FROM channels").fetchall():
            connection.execute("UPDATE channels SET epoch = ? WHERE id = ?", (new_epoch(), channel_id))
        # A conversation has no epoch: its numbers go on above all that an open window may know.
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'conversations'").fetchone():
            connection.execute("UPDATE conversations SET seq = seq + ?", (CHAT_LEAP,))
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode=DELETE")
    finally:
        connection.close()


def _refuse_while_open(database: Path) -> None:
    if not database.is_file():
        return
    connection = sqlite3.connect(database, isolation_level=None, timeout=0.5)
    try:
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError:
        raise BackupError("the hub is running on this database: stop it first") from None
    finally:
        connection.close()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
