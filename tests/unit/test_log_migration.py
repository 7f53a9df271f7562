"""Logs from before the marks: what is in them stays, and each thing has one living entry."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from hub.store import migrations
from hub.store.log import read
from hub.store.sqlite import SqliteTransaction

MARKS = "0010_log_marks.sql"
ENTRIES = [
    (1, "post:1", "old"),
    (2, "post:2", "only"),
    (3, "post:1", "older"),
    (4, "post:1", "new"),
    (5, "post:3", None),
]


def test_of_several_living_entries_of_a_thing_the_newest_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "hub.db"
    every = migrations.migrations("sqlite")
    monkeypatch.setattr(migrations, "migrations", lambda _: [one for one in every if one[0] < MARKS])
    migrations.migrate_sqlite(path)
    with closing(sqlite3.connect(path)) as database:
        database.execute(
            "INSERT INTO channels (slug, name, group_name, kind, epoch, seq) VALUES ('park', 'P', 'G', 'park', 'e', 5)"
        )
        database.executemany("INSERT INTO event_log VALUES (1, ?, ?, 'now', ?)", ENTRIES)
        database.commit()
    monkeypatch.setattr(migrations, "migrations", lambda _: every)
    assert MARKS in migrations.migrate_sqlite(path)
    with closing(sqlite3.connect(path)) as database:
        database.row_factory = sqlite3.Row
        page = read(SqliteTransaction(database), "park", 0, 10)
        assert page is not None
        assert [event.text.startswith(b"{") for event in page.entries] == [True, False, True, False, True]
        assert [event.text for event in page.entries if not event.text.startswith(b"{")] == [b"only", b"new"]
        assert (page.seq, page.mark, page.before) == (5, "", "")
        with pytest.raises(sqlite3.IntegrityError):
            database.execute("INSERT INTO event_log VALUES (1, 6, 'post:1', 'now', 'again', NULL)")
