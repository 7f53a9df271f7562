"""Putting a backup in the place of an SQLite hub's database. Nothing is touched before the backup was found good."""

import fcntl
import os
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from hub.backup import PARTS, BackupError, copy, forget_locations, gone_afterwards, named_errors, sync
from hub.store import identity
from hub.store.inspection import Unfit, inspect, read_only
from hub.store.locks import in_use
from hub.store.migrations import migrate_sqlite
from hub.store.sqlite_session import SqliteTransaction

# The bytes on which every connection of SQLite has its locks: https://sqlite.org/src/doc/trunk/src/os.h
_LOCK_BYTES = (512, 0x40000000)
# What is moved aside together with a database; its index of the write-ahead log is made anew.
_KEPT = ("-wal", "-journal")


def restore(source: Path, database: Path) -> Path | None:
    """Put `source` in the place of the database, as the beginning of another life (`identity.renew`).

    Returns where the replaced database is now, None when there was none; it may be damaged.
    Raises BackupError, or Unavailable for what a newer version made; everything is as before then.
    """
    database = database.resolve()
    with named_errors():
        _refuse_source(source, database)
        database.parent.mkdir(parents=True, exist_ok=True)
        lock = in_use(database)
        if not lock.take():
            raise BackupError(f"The hub is running on {database}: stop it first.")
        try:
            _refuse_while_open(database)
            return _restore(source, database)
        finally:
            lock.release()


def _restore(source: Path, database: Path) -> Path | None:
    fresh = database.with_name(f"{database.name}.restoring")
    for part in PARTS:
        # A restore that was killed left it; whoever holds the lock is alone.
        fresh.with_name(fresh.name + part).unlink(missing_ok=True)
    with gone_afterwards(fresh):
        with closing(read_only(source)) as connection:
            copy(connection, source, fresh)
        try:
            _begin_anew(fresh)
            inspect(fresh)
        except (sqlite3.Error, Unfit) as error:
            raise BackupError(f"{source} was not restored to {database}: {error}") from error
        _belong_to_the_same(fresh, database)
        sync(fresh)
        whole = _take_in_the_log(database)
        kept = _exchange(fresh, database)
        sync(database.parent)
        if kept is not None and whole:
            with suppress(sqlite3.Error):
                forget_locations(kept)
        return kept


def _refuse_source(source: Path, database: Path) -> None:
    if not source.is_file():
        raise BackupError(f"There is no file {source}.")
    if database.is_dir():
        raise BackupError(f"{database} is a folder: HUB_DATABASE_URL must name a file.")
    if database.exists() and os.path.samefile(source, database):
        raise BackupError(f"{source} is the database itself: name a backup.")
    try:
        inspect(source)
    except Unfit as error:
        raise BackupError(str(error)) from error


def _refuse_while_open(database: Path) -> None:
    """Nobody else may have it open either, such as a hub of an older version. The file may be damaged."""
    if not database.exists():
        return
    with database.open("r+b") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, *_LOCK_BYTES)
        except (BlockingIOError, PermissionError):
            raise BackupError(f"A program has {database} open: stop the hub first.") from None


def _begin_anew(path: Path) -> None:
    migrate_sqlite(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute("BEGIN IMMEDIATE")
        identity.renew(SqliteTransaction(connection))
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode=DELETE")


def _belong_to_the_same(fresh: Path, database: Path) -> None:
    """Give the new file mode and owner of the old one, or the folder's owner where there is none."""
    is_there = database.exists()
    wanted = (database if is_there else database.parent).stat()
    os.chmod(fresh, wanted.st_mode & 0o777 if is_there else 0o600)
    made = fresh.stat()
    if (made.st_uid, made.st_gid) == (wanted.st_uid, wanted.st_gid) or not (is_there or os.geteuid() == 0):
        return
    try:
        os.chown(fresh, wanted.st_uid, wanted.st_gid)
    except PermissionError:
        raise BackupError(f"{database} belongs to another user: restore as that user, or as root.") from None


def _take_in_the_log(database: Path) -> bool:
    """Move the write-ahead log into a database that is whole; what is damaged is left byte for byte as it is.

    Returns whether it is whole.
    """
    if not database.exists():
        return False
    try:
        with closing(read_only(database)) as connection:
            if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                return False
        with closing(sqlite3.connect(database, isolation_level=None)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error:
        return False
    return True


def _exchange(fresh: Path, database: Path) -> Path | None:
    """Rename the old database and what belongs to it, and the new one into its place."""
    kept = _free_name(database) if database.exists() else None
    # Without its database a log is nobody's: the next database must not find it.
    beside = kept or _free_name(database)
    try:
        if kept is not None:
            _second_name(database, kept)
        for part in _KEPT:
            _move(database, beside, part)
        database.with_name(f"{database.name}-shm").unlink(missing_ok=True)
        os.replace(fresh, database)
    except OSError:
        for part in _KEPT:
            _move(beside, database, part)
        if kept is not None and not database.exists():
            os.rename(kept, database)
        elif kept is not None:
            kept.unlink(missing_ok=True)
        raise
    return kept


def _second_name(database: Path, kept: Path) -> None:
    try:
        os.link(database, kept)
    except (FileNotFoundError, FileExistsError):
        raise
    except OSError:
        # A file system without hard links.
        os.rename(database, kept)


def _move(old: Path, new: Path, part: str) -> None:
    if (file := old.with_name(old.name + part)).exists():
        os.rename(file, new.with_name(new.name + part))


def _free_name(database: Path) -> Path:
    moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    return database.with_name(f"{database.name}.replaced-{moment}")
