"""Backups are whole or not there, and what the hub writes is for its own user alone."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.clients import Api
from tests.services import HubProcess, RedisServer, wait_until
from tests.sqlite_files import complaint, files, scribble, sql

CHANNEL = "denali"


@contextmanager
def small_disk(hub: HubProcess, kilobytes: int) -> Iterator[Callable[..., subprocess.CompletedProcess[str]]]:
    """Runs commands for which no file may become larger: what a full disk is to a program."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = f'ulimit -f {kilobytes * 2}; exec "$@"'
        return subprocess.run(
            ["sh", "-c", command, "sh", sys.executable, "-m", "hub.cli", *arguments],
            capture_output=True,
            text=True,
            cwd=hub.folder,
            env=dict(hub.environment()),
        )

    yield run


@pytest.mark.parametrize("kilobytes", [0, 64, 200])
def test_a_full_disk_leaves_nothing_behind_and_is_named(stopped: HubProcess, saved: Path, kilobytes: int) -> None:
    target = saved.parent / "backups"
    target.mkdir()
    before = files(stopped.database_path.parent)
    assert stopped.database_path.stat().st_size > 200 * 1024
    with small_disk(stopped, kilobytes) as run:
        done = run("backup", str(target / "second.db"))
        assert done.returncode == 1 and str(target) in done.stderr, done.stderr
        assert list(target.iterdir()) == []
        done = run("restore", str(saved))
        assert done.returncode == 1 and str(stopped.database_path.parent) in done.stderr, done.stderr
    assert files(stopped.database_path.parent) == before


def test_a_backup_never_takes_the_place_of_anything(stopped: HubProcess, saved: Path, tmp_path: Path) -> None:
    before, path = saved.read_bytes(), stopped.database_path
    dangling = tmp_path / "dangling.db"
    dangling.symlink_to(tmp_path / "nowhere.db")
    for name in (saved, path, dangling):
        assert str(name) in complaint(stopped, "backup", str(name))
    for part in ("-wal", "-shm", "-journal"):
        assert "belongs to the database" in complaint(stopped, "backup", f"{path}{part}")
    assert "no folder" in complaint(stopped, "backup", str(tmp_path / "none" / "saved.db"))
    assert saved.read_bytes() == before
    assert not (tmp_path / "nowhere.db").exists()


def test_a_damaged_database_gives_no_backup(stopped: HubProcess, tmp_path: Path) -> None:
    scribble(stopped.database_path, 20 * 4096, 40 * 4096)
    (tmp_path / "backups").mkdir()
    assert str(stopped.database_path) in complaint(stopped, "backup", str(tmp_path / "backups" / "saved.db"))
    assert list((tmp_path / "backups").iterdir()) == []


def test_a_backup_that_is_told_to_end_leaves_nothing(stopped: HubProcess, tmp_path: Path) -> None:
    target = tmp_path / "backups"
    target.mkdir()
    sql(stopped.database_path, "CREATE TABLE ballast AS SELECT randomblob(60000000) AS bytes")
    command = [sys.executable, "-m", "hub.cli", "backup", str(target / "saved.db")]
    code = 0
    for _ in range(5):
        (target / "saved.db").unlink(missing_ok=True)
        backing_up = subprocess.Popen(command, cwd=stopped.folder, env=dict(stopped.environment()))
        assert wait_until(lambda: any(target.iterdir()), 30, every=0.001)
        backing_up.terminate()
        # It may have been done just before.
        if code := backing_up.wait(60):
            break
    assert code == 128 + signal.SIGTERM
    assert list(target.iterdir()) == []


def test_mode_and_owner_of_the_database_outlive_a_restore(stopped: HubProcess, saved: Path) -> None:
    path = stopped.database_path
    path.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(path, 12345, 54321)
    before = path.stat()
    stopped.run("restore", str(saved))
    after = path.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)


async def test_whatever_the_hub_writes_is_for_its_own_user_alone(
    seeded_database: Path, tmp_path: Path, redis: RedisServer
) -> None:
    folder = tmp_path / "open to all"
    folder.mkdir(mode=0o755)
    path = folder / "var" / "hub.db"
    before = os.umask(0)
    hub = HubProcess(
        tmp_path, database_url=f"sqlite:///{path}", redis_url=redis.url, workers=2, settings={"TMPDIR": str(folder)}
    )
    try:
        hub.run("seed")
        hub.start()
        async with Api(hub.base_url) as ada:
            await ada.register("ada")
            await ada.post(CHANNEL)
        hub.run("backup", str(folder / "saved.db"))
        found = {file: stat.S_IMODE(file.stat().st_mode) for file in folder.rglob("*")}
        hub.stop()
        hub.run("restore", str(folder / "saved.db"))
        found |= {file: stat.S_IMODE(file.stat().st_mode) for file in folder.rglob("*")}
    finally:
        os.umask(before)
        hub.stop()
    assert {"hub.db", "hub.db-wal", "hub.db-shm", "secret-key", "demo-logins.json", "saved.db"} <= {
        file.name for file in found
    }
    assert any(file.parent.name.startswith("hub-metrics-") for file in found)
    assert {file.name: oct(mode) for file, mode in found.items() if mode & 0o077} == {}
