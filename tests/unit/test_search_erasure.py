"""What is edited or deleted leaves the search index's file as well, not only its results."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.store import search, search_index
from hub.store.migrations import migrate_sqlite
from hub.store.sqlite_session import SqliteTransaction

SECRETS = ("xylophone", "zeppelin", "quixotic")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    path = tmp_path / "hub.db"
    migrate_sqlite(path)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA secure_delete=ON")
    connection.execute(
        """INSERT INTO channels (id, slug, name, group_name, kind, epoch)
        VALUES (1, 'denali', 'Denali', 'Alaska', 'park', 'e')"""
    )
    yield connection
    connection.close()


def index(database: sqlite3.Connection) -> None:
    """What maintenance does for texts that were written past the store."""
    tx = SqliteTransaction(database)
    for kind in search_index.TABLES:
        search_index._add_all(tx, kind, search_index._missing(tx, kind, 1_000))


def write(database: sqlite3.Connection, table: str, *texts: str) -> None:
    database.executemany(
        f"INSERT INTO {table} (channel_id, title, comment, created_at, updated_at) VALUES (1, 'Hello', ?, '', '')",
        [(text,) for text in texts],
    )
    index(database)


def in_the_file(database: sqlite3.Connection) -> set[str]:
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    path = Path(database.execute("PRAGMA database_list").fetchone()["file"])
    data = path.read_bytes()
    return {secret for secret in SECRETS if secret[:6].encode() in data}


def erase(database: sqlite3.Connection) -> int:
    steps = 0
    while search.forget_erased(SqliteTransaction(database)):
        steps += 1
    return steps


def test_words_that_were_deleted_or_edited_are_in_no_file(database: sqlite3.Connection) -> None:
    for number in range(60):
        write(database, "posts", f"snow {number}")
        write(database, "reviews", f"rain {number}")
    write(database, "posts", "a xylophone", "a zeppelin")
    write(database, "reviews", "quixotic")
    database.execute("DELETE FROM posts WHERE comment = 'a xylophone'")
    database.execute("UPDATE posts SET comment = 'a tent' WHERE comment = 'a zeppelin'")
    database.execute("UPDATE reviews SET title = '', comment = '' WHERE comment = 'quixotic'")
    assert in_the_file(database), "the index forgot everything by itself: this test tests nothing"
    erase(database)
    assert in_the_file(database) == set()
    tx = SqliteTransaction(database)
    index(database)
    assert len(search.find(tx, ["snow"], None, 100)) == 60
    assert len(search.find(tx, ["tent"], None, 100)) == 1


def test_there_is_nothing_to_do_until_something_is_erased(database: sqlite3.Connection) -> None:
    write(database, "posts", "a xylophone")
    assert erase(database) == 0
    database.execute("DELETE FROM posts")
    assert erase(database) >= 1
    assert erase(database) == 0


def test_a_large_index_is_merged_in_several_steps(
    database: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "_PAGES", 2)
    database.execute("BEGIN")
    for number in range(400):
        write(database, "posts", " ".join(f"word{number}x{n}" for n in range(40)))
    database.execute("COMMIT")
    write(database, "posts", "a xylophone")
    database.execute("DELETE FROM posts WHERE comment = 'a xylophone'")
    assert erase(database) > 2
    assert in_the_file(database) == set()
