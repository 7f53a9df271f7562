"""The SQLite store: migrations that run once, and units of work that share a commit and nothing else."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from hub.errors import Conflict, NotFound, Unavailable
from hub.store.database import SessionsEnded, Transaction
from hub.store.migrations import migrate_sqlite, migrations
from hub.store.sqlite import SqliteDatabase
from tests.conftest import StartHub
from tests.services import HubProcess

AT_ONCE = 8
Announced = list[Any]


def applied(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as database:
        return [name for (name,) in database.execute("SELECT name FROM schema_migrations ORDER BY name")]


def names() -> list[str]:
    return [name for name, _ in migrations("sqlite")]


def test_whoever_migrates_at_the_same_time_each_migration_runs_once(tmp_path: Path) -> None:
    for attempt in range(5):
        path = tmp_path / f"hub{attempt}.db"
        with ThreadPoolExecutor(AT_ONCE) as pool:
            done = list(pool.map(lambda _, path=path: migrate_sqlite(path), range(AT_ONCE)))
        assert sorted(name for one in done for name in one) == names()
        assert applied(path) == names()


def test_programs_that_start_at_once_on_an_empty_database_all_start(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    hub = HubProcess(tmp_path, database_url=f"sqlite:///{path}")
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: hub.try_run("migrate"), range(4)))
    assert [one.returncode for one in done] == [0] * 4, [one.stderr for one in done]
    assert applied(path) == names()


def test_workers_that_start_on_an_empty_database_find_it_whole(start_hub: StartHub, redis: Any, tmp_path: Path) -> None:
    path = tmp_path / "empty.db"
    start_hub(workers=3, redis=redis, database_url=f"sqlite:///{path}")
    assert applied(path) == names()


def test_a_migration_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "hub.db"
    good = migrations("sqlite")
    monkeypatch.setattr(
        "hub.store.migrations.migrations",
        lambda engine: [*good, ("9999_bad.sql", "CREATE TABLE half (id INTEGER);\nCREATE TABLE users (id INTEGER);\n")],
    )
    with pytest.raises(sqlite3.OperationalError):
        migrate_sqlite(path)
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT name FROM sqlite_master").fetchall() == []
    monkeypatch.undo()
    assert migrate_sqlite(path) == names()


@pytest_asyncio.fixture
async def announced() -> Announced:
    """What the store has announced."""
    return []


@pytest_asyncio.fixture
async def database(tmp_path: Path, announced: Announced) -> AsyncIterator[SqliteDatabase]:
    """A database with one table of names, each of which there is once."""
    store = SqliteDatabase(tmp_path / "hub.db", announced.extend)
    await store.migrate()
    await store.open()
    await store.write(lambda tx: tx.run("CREATE TABLE names (name TEXT PRIMARY KEY)"))
    yield store
    await store.close()


def add(name: str, then: Callable[[], None] = lambda: None) -> Callable[[Transaction], str]:
    def unit(tx: Transaction) -> str:
        tx.run("INSERT INTO names VALUES (:name)", name=name)
        tx.announce(SessionsEnded([name]))
        then()
        return name

    return unit


def refuse() -> None:
    raise NotFound("not here")


async def stored(database: SqliteDatabase) -> set[str]:
    return {row["name"] for row in await database.read(lambda tx: tx.all("SELECT name FROM names"))}


async def test_units_that_wait_together_fail_alone(database: SqliteDatabase, announced: Announced) -> None:
    def wrong_sql(tx: Transaction) -> None:
        tx.run("INSERT INTO names VALUES ('half')")
        tx.run("INSERT INTO nowhere VALUES (1)")

    def wrong_value(tx: Transaction) -> None:
        tx.run("INSERT INTO names VALUES (:number)", number=2**70)

    units: list[Callable[[Transaction], Any]] = [
        add("first"),
        add("a"),
        add("b", refuse),
        add("a"),
        wrong_sql,
        wrong_value,
    ]
    results = await asyncio.gather(*(database.write(unit) for unit in [*units, add("c")]), return_exceptions=True)
    assert [type(result) for result in results] == [
        str,
        str,
        NotFound,
        Conflict,
        sqlite3.OperationalError,
        OverflowError,
        str,
    ]
    assert await stored(database) == {"first", "a", "c"}
    assert announced == [SessionsEnded([name]) for name in ("first", "a", "c")]


async def test_a_write_is_there_for_others_when_it_is_answered(database: SqliteDatabase, tmp_path: Path) -> None:
    await database.write(add("a"))
    with closing(sqlite3.connect(tmp_path / "hub.db")) as other:
        assert other.execute("SELECT name FROM names").fetchall() == [("a",)]


async def test_a_caller_who_gives_up_does_not_disturb_the_others(database: SqliteDatabase) -> None:
    tasks = [asyncio.create_task(database.write(add(str(number)))) for number in range(20)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert await database.write(add("last")) == "last"
    assert {str(number) for number in range(1, 20, 2)} < await stored(database)


async def test_a_reader_cannot_write_and_sees_one_moment(database: SqliteDatabase) -> None:
    with pytest.raises(Unavailable):
        await database.read(add("a"))

    def twice(tx: Transaction) -> tuple[int, int]:
        counts = []
        for name in ("x", "y"):
            counts.append(len(tx.all("SELECT name FROM names")))
            with closing(sqlite3.connect(database._path)) as other, other:
                other.execute("INSERT INTO names VALUES (?)", (name,))
        return counts[0], counts[1]

    assert await database.read(twice) == (0, 0)
    assert await stored(database) == {"x", "y"}


async def test_a_failed_write_is_remembered_until_one_goes_well(database: SqliteDatabase, tmp_path: Path) -> None:
    def broken_disk(_: Transaction) -> None:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    with pytest.raises(Unavailable, match="disk is full"):
        await database.write(broken_disk)
    assert "disk is full" in database.trouble
    await database.write(add("a"))
    assert database.trouble == ""


async def test_a_path_with_odd_characters_is_the_file_that_it_names(tmp_path: Path) -> None:
    folder = tmp_path / "parks & trails #1 100%25?"
    store = SqliteDatabase(folder / "hub.db", lambda _: None)
    await store.migrate()
    await store.open()
    try:
        assert await store.read(lambda tx: tx.all("SELECT name FROM schema_migrations"))
    finally:
        await store.close()
