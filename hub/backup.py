"""Backups of an SQLite hub: consistent copies while it runs."""

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from hub.store.inspection import Unfit, inspect
from hub.store.locks import in_use

PARTS = ("", "-wal", "-shm", "-journal")
_OF_THE_TARGET = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)


class BackupError(Exception):
    """The backup or the restore was not done; the message says why, and names the file that it is about."""


def backup(database: Path, target: Path) -> int:
    """Copy the database as of now into `target`, without where people are; returns its size in bytes.

    It is for its owner alone from the first byte, and there is none but a whole one. Raises BackupError.
    """
    database, target = database.resolve(), target.absolute()
    if not database.is_file():
        raise BackupError(f"There is no database at {database}.")
    _refuse_target(database, target)
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    lock = in_use(database)
    with named_errors(), gone_afterwards(draft):
        if not lock.take(shared=True):
            raise BackupError(f"{database} is being restored: wait until that is done.")
        try:
            with closing(sqlite3.connect(f"{database.as_uri()}?mode=rw", uri=True, timeout=30)) as connection:
                copy(connection, database, draft)
        finally:
            lock.release()
        _verify(draft, database)
        sync(draft)
        _name_it(draft, target)
        sync(target.parent)
        return target.stat().st_size


def copy(connection: sqlite3.Connection, source: Path, target: Path) -> None:
    """Copy what `connection` sees of `source` into the new file `target`, but for where people are.

    Raises BackupError or OSError.
    """
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        # VACUUM INTO reads one snapshot; the page-by-page backup API starts over with every write.
        connection.execute("VACUUM INTO ?", (str(target),))
        forget_locations(target)
    except sqlite3.Error as error:
        about = target.parent if error.sqlite_errorcode & 0xFF in _OF_THE_TARGET else source
        raise BackupError(f"{about}: {error}. Nothing was copied.") from error


def _refuse_target(database: Path, target: Path) -> None:
    if target.resolve() in [database.with_name(database.name + part) for part in PARTS]:
        raise BackupError(f"{target} belongs to the database itself: choose another name.")
    if os.path.lexists(target):
        raise BackupError(f"{target} is there already: choose another name.")
    if not target.parent.is_dir():
        raise BackupError(f"There is no folder {target.parent}.")


def forget_locations(path: Path) -> None:
    """Erase where people are: a copy outlives every location, and must not bring back who has stopped sharing.

    Raises sqlite3.Error.
    """
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA secure_delete=ON")
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'locations'").fetchone():
            connection.execute("DELETE FROM locations")
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'areas'").fetchone():
            connection.execute(
                "UPDATE areas SET shown_row = NULL, shown_column = NULL, next_row = NULL, next_column = NULL"
            )
            connection.execute("UPDATE areas SET changed_at = '', due_at = NULL, shown_until = ''")
        connection.commit()


def _verify(draft: Path, database: Path) -> None:
    try:
        inspect(draft, newer=True)
    except Unfit as error:
        reason = str(error).removeprefix(f"{draft} ")
        raise BackupError(f"{database} was not copied, as the copy {reason}") from error


def _name_it(draft: Path, target: Path) -> None:
    """Give the draft its name, and never to the place of something else."""
    try:
        os.link(draft, target)
    except FileExistsError:
        raise BackupError(f"{target} is there already: choose another name.") from None
    except OSError:
        # A file system without hard links.
        os.rename(draft, target)


@contextmanager
def named_errors() -> Iterator[None]:
    """Turn what the operating system says into a BackupError that names the file."""
    try:
        yield
    except OSError as error:
        raise BackupError(f"{error.filename or 'a file'}: {error.strerror}.") from error


@contextmanager
def gone_afterwards(draft: Path) -> Iterator[None]:
    """Remove a draft and what SQLite keeps beside it, however the block ends."""
    try:
        yield
    finally:
        for part in PARTS:
            draft.with_name(draft.name + part).unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Wait until a file or folder is on the disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
