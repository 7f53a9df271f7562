"""The SQLite file of the Flask site, read leniently: tables may be absent, a column may be `_title` or `title`."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

from hub.errors import InvalidInput

# What a table is called here, and in the file: whichever of these there are, without regard to case and underscores.
TABLES = {
    "frostbytes": ("frostbytes", "frostbyte"),
    "groups": ("groups",),
    "channels": ("channels",),
    "posts": ("posts",),
    "camping_posts": ("campingposts", "campingpost"),
    "reviews": ("reviews", "review"),
    "ratings": ("ratings", "rating"),
    "analytics": ("analytics",),
    "locations": ("locations", "location"),
    "quiz_results": ("quizresults", "quizresult"),
    "ai_messages": ("aimessages", "aimessage"),
}
_INTERNAL = ("sqlite_", "alembic_version")


class Record(Struct, frozen=True):
    """One row: its table's name in the file, its id there, and its columns, without leading underscores."""

    table: str
    number: str
    values: dict[str, Any]

    @property
    def label(self) -> str:
        """What the report calls it."""
        return f"{self.table} {self.number}"

    def reference(self, column: str) -> str:
        """The id of another row, in the form of `number`."""
        value = self.values.get(column)
        return str(int(value) if isinstance(value, float) and value.is_integer() else value)

    def get(self, *columns: str) -> Any:
        """The first of `columns` that is there and not null."""
        return next((self.values[name] for name in columns if self.values.get(name) is not None), None)

    def text(self, *columns: str) -> str:
        """The first of `columns` that is there, as text; "" when there is none."""
        value = self.get(*columns)
        return "" if value is None else value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


class OldSite(Struct, frozen=True):
    """All that is of use in the file, and how many rows the other tables have."""

    tables: dict[str, list[Record]]
    absent: list[str]
    unused: dict[str, int]


def read_old_site(path: Path) -> OldSite:
    """Read the whole file, changing nothing in it.

    Raises InvalidInput when there is no such file, or it is not one of the Flask site.
    """
    if not path.is_file():
        raise InvalidInput(f"There is no file {path}.")
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    connection.text_factory = lambda text: text.decode("utf-8", "replace")
    try:
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.execute("BEGIN")
        return _read(connection, path)
    except sqlite3.Error as error:
        raise InvalidInput(f"{path} cannot be read as an SQLite database: {error}") from None
    finally:
        connection.close()


def _read(connection: sqlite3.Connection, path: Path) -> OldSite:
    names = [
        name
        for name, sql in connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY name")
        if not name.lower().startswith(_INTERNAL) and not str(sql).upper().startswith("CREATE VIRTUAL")
    ]
    ours = {known: [name for name in names if _plain(name) in called] for known, called in TABLES.items()}
    used = {name for found in ours.values() for name in found}
    if not used & {name for known in ("frostbytes", "posts", "channels") for name in ours[known]}:
        raise InvalidInput(
            f"{path} has none of the tables frostbytes, channels and posts: is it the Flask site's file?"
        )
    return OldSite(
        tables={known: [row for name in found for row in _rows(connection, name)] for known, found in ours.items()},
        absent=[known for known, found in ours.items() if not found],
        unused={name: _count(connection, name) for name in names if name not in used},
    )


def _rows(connection: sqlite3.Connection, table: str) -> Iterator[Record]:
    cursor = connection.execute(f"SELECT * FROM {_quoted(table)}")
    columns = [column[0].lower().lstrip("_") for column in cursor.description]
    seen: set[str] = set()
    for position, row in enumerate(cursor, start=1):
        values = dict(zip(columns, row, strict=True))
        number = str(values.get("id") if values.get("id") is not None else f"row {position}")
        if number in seen:
            number = f"{number} (row {position})"
        seen.add(number)
        yield Record(table, number, values)


def _count(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {_quoted(table)}").fetchone()[0])


def _plain(name: str) -> str:
    return name.lower().replace("_", "")


def _quoted(name: str) -> str:
    escaped = name.replace('"', '""')
    return f'"{escaped}"'
