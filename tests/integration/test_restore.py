"""Backups and putting them back: looked at first, whole or not at all, and the beginning of another life."""

import os
import shutil
import sqlite3
import stat
import struct
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from hub.store.locks import in_use
from tests.clients import Api, ChannelClient
from tests.conftest import NewApi, StartHub
from tests.services import HubProcess, RedisServer
from tests.sqlite_files import complaint, files, posts, scribble, sql, truncate

CHANNEL = "denali"
KEY = "a key of more than thirty-two bytes for these tests"
HERE = 63.123456789
Spoil = Callable[[Path], None]


def another_program(path: Path) -> None:
    path.unlink()
    sql(path, "CREATE TABLE users (id INTEGER)", "CREATE TABLE schema_migrations (version TEXT)")


def pretends(path: Path) -> None:
    path.unlink()
    sql(
        path,
        "CREATE TABLE schema_migrations (name TEXT, applied_at TEXT)",
        "INSERT INTO schema_migrations VALUES ('0001_core.sql', '')",
    )


UNFIT: dict[str, Spoil] = {
    "an empty file": lambda path: path.write_bytes(b"") and None,
    "a text": lambda path: path.write_text("No database. " * 1000) and None,
    "the beginning of a copy that failed": truncate,
    "only the first page": lambda path: os.truncate(path, 4096),
    "8 KB of zeros at the head": lambda path: path.open("r+b").write(bytes(8192)) and None,
    "a page in the middle": lambda path: scribble(path, 40 * 4096, 4096),
    "another program's": another_program,
    "one with a table of migrations and no more": pretends,
    "an empty database": lambda path: (path.unlink(), sql(path, "PRAGMA user_version=1"), None)[-1],
    "one that lacks a table": lambda path: sql(path, "DROP TABLE quiz_results") and None,
    "one that lacks a trigger": lambda path: sql(path, "DROP TRIGGER posts_changed_for_search") and None,
    "one with rows of nobody": lambda path: sql(path, "DELETE FROM channels") and None,
}


@pytest.mark.parametrize("kind", UNFIT)
def test_what_is_no_good_backup_is_refused_and_nothing_is_touched(stopped: HubProcess, saved: Path, kind: str) -> None:
    UNFIT[kind](saved)
    before, folder = files(stopped.database_path.parent), files(saved.parent)
    assert str(saved) in complaint(stopped, "restore", str(saved))
    assert files(stopped.database_path.parent) == before
    assert files(saved.parent) == folder


def test_what_is_not_there_or_is_the_database_itself_is_refused(stopped: HubProcess, saved: Path) -> None:
    assert "no file" in complaint(stopped, "restore", str(saved.parent / "none.db"))
    assert "no file" in complaint(stopped, "restore", str(saved.parent))
    link = saved.with_name("link.db")
    link.symlink_to(stopped.database_path)
    for name in (str(stopped.database_path), str(link)):
        assert "is the database itself" in complaint(stopped, "restore", name)


def test_what_a_newer_version_made_is_refused_by_restore_serve_and_migrate_alike(
    stopped: HubProcess, saved: Path
) -> None:
    newer = "INSERT INTO schema_migrations VALUES ('9998_newer.sql', '')"
    sql(saved, newer)
    before = files(stopped.database_path.parent)
    line = complaint(stopped, "restore", str(saved))
    assert str(saved) in line and "9998_newer.sql" in line
    assert files(stopped.database_path.parent) == before
    sql(stopped.database_path, newer)
    for command in ("serve", "migrate", "seed"):
        line = complaint(stopped, command)
        assert "HUB_DATABASE_URL" in line and str(stopped.database_path) in line and "9998_newer.sql" in line
    assert "9998_newer.sql" in stopped.try_run("doctor").stdout


def test_a_database_of_another_program_is_neither_served_nor_changed(tmp_path: Path) -> None:
    path = tmp_path / "diary.db"
    sql(path, "CREATE TABLE schema_migrations (version TEXT)", "CREATE TABLE days (text TEXT)")
    before = path.read_bytes()
    hub = HubProcess(tmp_path, database_url=f"sqlite:///{path}")
    for command in ("serve", "migrate"):
        line = complaint(hub, command)
        assert "HUB_DATABASE_URL" in line and "another program" in line
    assert path.read_bytes() == before


def test_a_backup_from_before_a_migration_is_brought_up_to_date(stopped: HubProcess, saved: Path) -> None:
    sql(saved, "DROP TABLE hub_identity", "DELETE FROM schema_migrations WHERE name = '0009_identity.sql'")
    stopped.run("restore", str(saved))
    assert sql(stopped.database_path, "SELECT COUNT(*) FROM hub_identity") == [(1,)]


def test_a_copied_file_with_its_write_ahead_log_is_taken_whole(stopped: HubProcess, tmp_path: Path) -> None:
    with closing(sqlite3.connect(stopped.database_path, isolation_level=None)) as writer:
        writer.execute("UPDATE channels SET name = 'Only in the log' WHERE slug = 'denali'")
        for part in ("", "-wal"):
            shutil.copy(f"{stopped.database_path}{part}", f"{tmp_path}/raw.db{part}")
    stopped.run("restore", str(tmp_path / "raw.db"))
    assert sql(stopped.database_path, "SELECT name FROM channels WHERE slug = 'denali'") == [("Only in the log",)]


def test_the_replaced_database_is_kept_with_what_was_in_its_log(stopped: HubProcess, saved: Path) -> None:
    path, spot = stopped.database_path, struct.pack(">d", HERE)
    crashed = path.with_name("crashed.db")
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("UPDATE channels SET name = 'Newest' WHERE slug = 'denali'")
        writer.execute(
            """INSERT INTO locations (channel_id, user_id, latitude, longitude, is_exact, updated_at, expires_at)
            SELECT 1, id, :latitude, 7.5, 1, '', '2999' FROM users LIMIT 1""",
            {"latitude": HERE},
        )
        for part in ("", "-wal"):
            shutil.copy(f"{path}{part}", f"{crashed}{part}")
    for part in ("", "-wal"):
        shutil.copy(f"{crashed}{part}", f"{path}{part}")
    printed = stopped.run("restore", str(saved)).stdout
    (kept,) = path.parent.glob("hub.db.replaced-*")
    assert str(kept) in printed
    assert sql(kept, "SELECT name FROM channels WHERE slug = 'denali'") == [("Newest",)]
    assert sql(path, "SELECT name FROM channels WHERE slug = 'denali'") != [("Newest",)]
    assert spot in crashed.with_name("crashed.db-wal").read_bytes()
    assert [name for name, data in files(path.parent).items() if "crashed" not in name and spot in data] == []


DAMAGES: dict[str, Spoil] = {
    "8 KB of zeros at the head": lambda path: path.open("r+b").write(bytes(8192)) and None,
    "a text": lambda path: path.write_text("Something wrote over it. " * 500) and None,
    "cut off": truncate,
    "emptied": lambda path: os.truncate(path, 0),
    "a page in the middle": lambda path: scribble(path, 40 * 4096, 4096),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_of_the_live_database_does_not_matter_and_it_is_kept_byte_for_byte(
    stopped: HubProcess, saved: Path, damage: str
) -> None:
    path = stopped.database_path
    log = path.with_name("hub.db-wal")
    DAMAGES[damage](path)
    log.write_bytes(b"what is left of a log" * 100)
    before = path.read_bytes(), log.read_bytes()
    stopped.run("restore", str(saved))
    (kept,) = [file for file in path.parent.glob("hub.db.replaced-*") if not file.name.endswith(("-wal", "-shm"))]
    assert kept.read_bytes() == before[0]
    if damage != "emptied":
        assert kept.with_name(kept.name + "-wal").read_bytes() == before[1]
    assert sql(path, "PRAGMA integrity_check") == [("ok",)]
    assert posts(path) == posts(saved)


def test_a_missing_database_and_its_folder_are_made(stopped: HubProcess, saved: Path, tmp_path: Path) -> None:
    path = tmp_path / "new" / "hub.db"
    hub = HubProcess(tmp_path, database_url=f"sqlite:///{path}")
    hub.run("restore", str(saved))
    assert posts(path) == posts(saved)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_log_without_its_database_is_not_taken_for_the_restored_ones(stopped: HubProcess, saved: Path) -> None:
    path = stopped.database_path
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("UPDATE channels SET name = 'Of the old one'")
        shutil.copy(f"{path}-wal", f"{path}-copy")
    path.unlink()
    shutil.move(f"{path}-copy", f"{path}-wal")
    stopped.run("restore", str(saved))
    assert sql(path, "PRAGMA integrity_check") == [("ok",)]
    assert sql(path, "SELECT COUNT(*) FROM channels WHERE name = 'Of the old one'") == [(0,)]


async def test_the_hub_must_be_stopped_also_when_its_database_is_damaged(
    start_hub: StartHub, redis: RedisServer, tmp_path: Path
) -> None:
    hub = start_hub()
    hub.run("backup", str(tmp_path / "saved.db"))
    assert f"running on {hub.database_path}" in complaint(hub, "restore", str(tmp_path / "saved.db"))
    scribble(hub.database_path, 0, 8192)
    assert f"running on {hub.database_path}" in complaint(hub, "restore", str(tmp_path / "saved.db"))
    hub.stop()
    hub.run("restore", str(tmp_path / "saved.db"))


def test_nothing_opens_a_database_that_is_being_restored(stopped: HubProcess, saved: Path, tmp_path: Path) -> None:
    lock = in_use(stopped.database_path)
    assert lock.take()
    for command in (["serve"], ["migrate"], ["backup", str(tmp_path / "second.db")], ["restore", str(saved)]):
        line = complaint(stopped, *command)
        assert str(stopped.database_path) in line
        assert ("is being restored" in line) == (command[0] != "restore")
    lock.release()
    stopped.run("migrate")
    assert not (tmp_path / "second.db").exists()


def test_what_a_restore_that_was_killed_left_behind_is_gone_after_the_next(stopped: HubProcess, saved: Path) -> None:
    path = stopped.database_path
    for part in ("", "-wal", "-journal"):
        path.with_name(f"hub.db.restoring{part}").write_bytes(b"half of a database" * 999)
    stopped.run("restore", str(saved))
    assert list(path.parent.glob("*.restoring*")) == []
    assert sql(path, "PRAGMA integrity_check") == [("ok",)]


def test_another_program_that_has_it_open_is_noticed(stopped: HubProcess, saved: Path) -> None:
    with closing(sqlite3.connect(stopped.database_path, isolation_level=None)) as other:
        other.execute("SELECT * FROM channels").fetchall()
        line = complaint(stopped, "restore", str(saved))
    assert str(stopped.database_path) in line and "open" in line


async def test_a_restore_is_another_life(start_hub: StartHub, new_api: NewApi, tmp_path: Path) -> None:
    hub = start_hub(settings={"HUB_SECRET_KEYS": KEY})
    ada, gone = new_api(hub.base_url), new_api(hub.base_url)
    await ada.register("ada")
    await gone.register("gone")
    hub.run("backup", str(tmp_path / "saved.db"))
    await gone.call("POST", "/api/auth/logout")
    later = new_api(hub.base_url)
    await later.register("later")
    before = await ada.history(CHANNEL)
    await ada.post(CHANNEL, "After the backup")
    stale, stranger = ada.token, later.token
    hub.stop()
    hub.run("restore", str(tmp_path / "saved.db"))
    hub.start()
    newcomer = new_api(hub.base_url)
    await newcomer.register("newcomer")
    for token in (stale, stranger, gone.token):
        headers = {"Authorization": f"Bearer {token}"}
        assert (await newcomer.request("GET", "/api/auth/me", headers=headers)).status_code == 401
        async with ChannelClient(hub.ws_url, CHANNEL) as client:
            await client.send({"type": "auth", "token": token})
            assert await client.wait_closed() == 4401
    for api in (ada, gone, later):
        assert (await api.request("POST", "/api/auth/refresh")).status_code == 401
    after = await newcomer.history(CHANNEL)
    assert after["epoch"] != before["epoch"]
    assert "After the backup" not in [post["title"] for post in after["posts"]["items"]]
    async with ChannelClient(hub.ws_url, CHANNEL, history=before) as client:
        assert client.welcome["recovered"] is False


async def test_after_a_restore_by_other_means_restored_says_so(start_hub: StartHub, new_api: NewApi) -> None:
    hub = start_hub()
    ada = new_api(hub.base_url)
    await ada.register("ada")
    await ada.call("PUT", f"/api/channels/{CHANNEL}/location", json={"latitude": 63.1, "longitude": -151.0})
    before = await ada.history(CHANNEL)
    hub.stop()
    hub.run("restored")
    hub.start()
    assert (await ada.request("GET", "/api/auth/me")).status_code == 401
    assert (await ada.request("POST", "/api/auth/refresh")).status_code == 401
    async with Api(hub.base_url) as guest:
        after = await guest.history(CHANNEL)
    assert after["epoch"] != before["epoch"]
    assert after["locations"] == []
