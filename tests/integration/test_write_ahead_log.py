"""The write-ahead log: emptied when it is quiet, short after a long reader, and moved by one process at a time."""

import signal
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, closing
from pathlib import Path

import pytest
import pytest_asyncio

from hub.store.checkpoints import Checkpoints
from hub.store.database import Transaction
from hub.store.sqlite import LOG_BYTES, SqliteDatabase
from hub.store.sqlite_session import BUSY_MS
from tests.conftest import NewApi, StartHub
from tests.services import HubProcess, RedisServer, wait_until

SECRET = "the marmot sleeps beneath the third cairn"
MEGABYTE = 1024 * 1024


@pytest_asyncio.fixture
async def databases(tmp_path: Path) -> AsyncIterator[list[SqliteDatabase]]:
    """The same file opened by two workers that both believe that the log is theirs to move."""
    async with AsyncExitStack() as stack:
        both = [SqliteDatabase(tmp_path / "hub.db", lambda _: None, checkpoints=True) for _ in range(2)]
        await both[0].migrate()
        for database in both:
            await database.open()
            stack.push_async_callback(database.close)
        await both[0].write(lambda tx: tx.run("CREATE TABLE notes (text TEXT)"))
        yield both


def note(text: str) -> Callable[[Transaction], None]:
    def unit(tx: Transaction) -> None:
        tx.run("INSERT INTO notes VALUES (:text)", text=text)

    return unit


def log_size(folder: Path) -> int:
    return (folder / "hub.db-wal").stat().st_size


def in_the_file(folder: Path, text: str) -> bool:
    return text.encode() in (folder / "hub.db").read_bytes()


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Somebody who keeps a snapshot for long."""
    with closing(sqlite3.connect(tmp_path / "hub.db", isolation_level=None)) as connection:
        yield connection


async def test_a_quiet_log_is_emptied_at_the_next_round_but_one(
    databases: list[SqliteDatabase], tmp_path: Path
) -> None:
    await databases[0].write(note(SECRET))
    await databases[0].write(lambda tx: tx.run("DELETE FROM notes"))
    await databases[0].checkpoint()
    assert log_size(tmp_path) > 0
    await databases[0].checkpoint()
    assert log_size(tmp_path) == 0
    assert not in_the_file(tmp_path, SECRET)


def test_a_busy_log_is_emptied_every_ten_seconds(tmp_path: Path, reader: sqlite3.Connection) -> None:
    now = [100.0]
    checkpoints = Checkpoints(tmp_path / "hub.db", lambda: now[0])
    reader.execute("PRAGMA journal_mode=WAL")
    reader.execute("CREATE TABLE notes (text TEXT)")
    empty = []
    for _ in range(12):
        reader.execute("INSERT INTO notes VALUES (?)", (SECRET,))
        checkpoints.run(reader, BUSY_MS)
        empty.append(log_size(tmp_path) == 0)
        now[0] += 2.5
    checkpoints.end()
    assert [number for number, one in enumerate(empty) if one] == [4, 8]
    assert reader.execute("PRAGMA busy_timeout").fetchone() == (BUSY_MS,)


def test_where_readers_keep_it_for_a_minute_the_emptying_waits_longer_but_rarely(
    tmp_path: Path, reader: sqlite3.Connection
) -> None:
    now = [100.0]
    checkpoints = Checkpoints(tmp_path / "hub.db", lambda: now[0])
    reader.execute("PRAGMA journal_mode=WAL")
    reader.execute("CREATE TABLE notes (text TEXT)")
    said: list[tuple[float, str]] = []
    with closing(sqlite3.connect(tmp_path / "hub.db", isolation_level=None)) as writer:
        writer.set_trace_callback(lambda statement: said.append((now[0] - 100, statement)))
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM notes").fetchall()
        while now[0] <= 190:
            writer.execute("INSERT INTO notes VALUES ('another')")
            checkpoints.run(writer, BUSY_MS)
            now[0] += 2
        reader.execute("ROLLBACK")
        now[0] += 10
        checkpoints.run(writer, BUSY_MS)
    checkpoints.end()
    assert [at for at, statement in said if statement == "PRAGMA busy_timeout=20"] == [*range(10, 60, 2)]
    assert [at for at, statement in said if statement == "PRAGMA busy_timeout=250"] == [68, 78, 88, 102]
    assert log_size(tmp_path) == 0


async def test_a_reader_delays_the_emptying_and_no_writer(
    databases: list[SqliteDatabase], tmp_path: Path, reader: sqlite3.Connection
) -> None:
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM notes").fetchall()
    await databases[0].write(note(SECRET))
    for _ in range(3):
        await databases[0].checkpoint()
    assert log_size(tmp_path) > 0
    await databases[1].write(note("another"))
    reader.execute("ROLLBACK")
    for _ in range(2):
        await databases[0].checkpoint()
    assert log_size(tmp_path) == 0


async def test_a_log_that_a_long_reader_made_long_is_cut_even_where_it_is_never_emptied(
    tmp_path: Path,
) -> None:
    database = SqliteDatabase(tmp_path / "hub.db", lambda _: None)
    await database.migrate()
    await database.open()
    with closing(sqlite3.connect(tmp_path / "hub.db", isolation_level=None)) as other:
        await database.write(lambda tx: tx.run("CREATE TABLE notes (text TEXT)"))
        other.execute("BEGIN")
        other.execute("SELECT * FROM notes").fetchall()
        for _ in range(3):
            await database.write(note("x" * (LOG_BYTES // 2)))
        assert log_size(tmp_path) > LOG_BYTES
        other.execute("ROLLBACK")
        other.execute("PRAGMA wal_checkpoint(PASSIVE)")
        await database.write(note("short"))
        assert log_size(tmp_path) <= LOG_BYTES
        await database.close()


async def test_of_two_that_overlap_only_one_moves_the_log_and_the_other_goes_on_when_it_ends(
    databases: list[SqliteDatabase], tmp_path: Path
) -> None:
    first, second = databases
    await first.checkpoint()
    await second.write(note(SECRET + "x" * 12 * MEGABYTE))
    for _ in range(3):
        await second.checkpoint()
    await second.write(note("one more commit, which would begin a checkpoint by itself"))
    assert not in_the_file(tmp_path, SECRET)
    await first.checkpoint()
    assert in_the_file(tmp_path, SECRET)
    await second.write(note("the second's turn"))
    await first.close()
    for _ in range(3):
        await second.checkpoint()
    assert log_size(tmp_path) == 0
    assert in_the_file(tmp_path, "the second's turn")
    await first.open()


def holders(lock: Path) -> list[int]:
    """The processes that hold the lock on this file, as the kernel sees it."""
    inode = str(lock.stat().st_ino)
    lines = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
    return [int(line[4]) for line in lines if "->" not in line and line[1] == "FLOCK" and line[5].endswith(":" + inode)]


async def test_during_a_rolling_restart_one_worker_at_a_time_has_the_log(
    start_hub: StartHub, redis: RedisServer, new_api: NewApi
) -> None:
    hub = start_hub(workers=2, redis=redis, settings={"HUB_DRAIN_SECONDS": "3"})
    ada = new_api(hub.base_url)
    await ada.register("ada")
    lock = hub.database_path.with_name("hub.db-checkpoints")
    assert wait_until(lambda: lock.exists() and len(holders(lock)) == 1, 10)
    seen, old = [holders(lock)], set(hub.worker_pids)
    (first,) = seen[0]
    hub.signal(signal.SIGHUP)

    def passed_on() -> bool:
        seen.append(holders(lock))
        return bool(seen[-1]) and seen[-1] != [first]

    assert wait_until(passed_on, 30)
    assert first in old and seen[-1][0] not in old
    assert all(len(one) <= 1 for one in seen)
    await ada.post("denali", SECRET)
    assert wait_until(lambda: log_size(hub.database_path.parent) == 0, 10)


def files_with(hub: HubProcess, text: str) -> list[str]:
    return [file.name for file in hub.database_path.parent.iterdir() if text.encode() in file.read_bytes()]


async def test_what_is_erased_leaves_all_files_of_a_quiet_hub_within_seconds(
    start_hub: StartHub, new_api: NewApi
) -> None:
    hub = start_hub()
    ada = new_api(hub.base_url)
    await ada.register("ada")
    post = await ada.post("denali", "A secret", comment=SECRET)
    assert files_with(hub, SECRET)
    await ada.call("PUT", f"/api/posts/{post['id']}", json={"title": "Public", "comment": "Nothing."})
    assert wait_until(lambda: not files_with(hub, SECRET), 15)
    post = await ada.post("denali", "Another secret", comment=SECRET)
    assert files_with(hub, SECRET)
    assert (await ada.request("DELETE", f"/api/posts/{post['id']}")).status_code == 204
    assert wait_until(lambda: not files_with(hub, SECRET), 15)
