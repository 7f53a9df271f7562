"""The database that a URL names."""

from hub.config import sqlite_path
from hub.store.database import Database, OnCommit
from hub.store.sqlite import SqliteDatabase


def database_at(url: str, on_commit: OnCommit, *, checkpoints: bool = False) -> Database:
    """The database at a `sqlite:///` or `postgresql://` URL, not opened yet.

    `checkpoints` is for one process of all that use the same SQLite file; PostgreSQL makes its own.
    """
    if url.startswith("sqlite"):
        return SqliteDatabase(sqlite_path(url), on_commit, checkpoints=checkpoints)
    # Only here: a hub on SQLite does not need the driver, which takes a while to load.
    from hub.store.postgres import PostgresDatabase

    return PostgresDatabase(url, on_commit)
