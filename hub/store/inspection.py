"""Looking at an SQLite file before it is trusted: whether it is a whole database of a hub that this version knows."""

import sqlite3
from contextlib import closing
from pathlib import Path

from hub.store.migrations import FIRST, migrations, refuse_newer, statements

_HEADER = b"SQLite format 3\x00"
Shape = dict[tuple[str, str], set[str]]


class Unfit(Exception):
    """The file is not what it should be; the message names it and says why."""


def inspect(path: Path, *, newer: bool = False) -> None:
    """Raises Unfit, or Unavailable for what a newer version of the hub made, unless `newer` allows that.

    Nothing is written to the file.
    """
    refuse_other_formats(path)
    try:
        with closing(read_only(path)) as connection:
            _refuse_strangers(path, connection, newer)
            _refuse_damage(path, connection)
    except sqlite3.Error as error:
        raise Unfit(f"{path} cannot be read as a database: {error}.") from error


def refuse_other_formats(path: Path) -> None:
    """Raises Unfit when the file cannot be opened or does not begin as every SQLite database does."""
    try:
        with path.open("rb") as file:
            head = file.read(len(_HEADER))
    except OSError as error:
        raise Unfit(f"{path} cannot be read: {error.strerror}.") from error
    if not head:
        raise Unfit(f"{path} is empty.")
    if head != _HEADER:
        raise Unfit(f"{path} is not an SQLite database.")


def read_only(path: Path) -> sqlite3.Connection:
    """A connection that changes nothing, and makes no files beside a database that nobody has open."""
    shared = any(path.with_name(path.name + part).exists() for part in ("-wal", "-journal"))
    way = "mode=ro" if shared else "immutable=1"
    return sqlite3.connect(f"{path.absolute().as_uri()}?{way}", uri=True, isolation_level=None)


def _refuse_strangers(path: Path, connection: sqlite3.Connection, newer: bool) -> None:
    shape = _shape(connection)
    if "name" not in shape.get(("table", "schema_migrations"), set()):
        raise Unfit(f"{path} is not a hub's database.")
    done = {name for (name,) in connection.execute("SELECT name FROM schema_migrations")}
    if FIRST not in done:
        raise Unfit(f"{path} is not a hub's database.")
    if not newer:
        refuse_newer("sqlite", done, str(path))
    for (kind, name), columns in _shape_after(done).items():
        if lacking := columns - shape.get((kind, name), set()):
            raise Unfit(
                f"{path} is not a whole database of a hub: its {kind} {name} lacks {', '.join(sorted(lacking))}."
            )


def _refuse_damage(path: Path, connection: sqlite3.Connection) -> None:
    verdict = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if verdict != "ok":
        raise Unfit(f"{path} is damaged: {' '.join(str(verdict).split())}.")
    if dangling := connection.execute("PRAGMA foreign_key_check").fetchone():
        raise Unfit(f"{path} is damaged: a row of {dangling[0]} belongs to one of {dangling[2]} that is not there.")


def _shape(connection: sqlite3.Connection) -> Shape:
    """All tables, indexes and triggers with their columns; the name itself stands for that it is there."""
    objects = connection.execute("SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'").fetchall()
    return {
        (kind, name): {column for (column,) in connection.execute("SELECT name FROM pragma_table_info(?)", (name,))}
        | {"itself"}
        for kind, name in objects
    }


def _shape_after(done: set[str]) -> Shape:
    """What a database has that these migrations made."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as memory:
        for name, script in migrations("sqlite"):
            if name in done:
                for statement in statements(script):
                    memory.execute(statement)
        return _shape(memory)
