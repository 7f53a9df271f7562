"""The PostgreSQL store: migrations that run once, units that share a commit and nothing else, lost connections."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
import pytest_asyncio

from hub.errors import Conflict, InvalidInput, NotFound, Unavailable
from hub.store.database import SessionsEnded, Transaction
from hub.store.engines import database_at
from hub.store.migrations import migrate_postgres, migrations, statements
from hub.store.postgres import PostgresDatabase
from hub.store.postgres_session import connect
from tests.services import HubProcess, PostgresCluster

AT_ONCE = 8
NOBODY = "postgresql://hub@127.0.0.1:9/hub"
Announced = list[Any]


@pytest_asyncio.fixture
async def announced() -> Announced:
    """What the store has announced."""
    return []


@pytest_asyncio.fixture
async def database(postgres: PostgresCluster, announced: Announced) -> AsyncIterator[PostgresDatabase]:
    """A database with one table of names, each of which there is once."""
    store = PostgresDatabase(postgres.create_database(), announced.extend)
    await store.open()
    await store.write(lambda tx: tx.run("CREATE TABLE names (name TEXT PRIMARY KEY)"))
    yield store
    await store.close()


def add(name: str, then: Callable[[], object] = lambda: None) -> Callable[[Transaction], str]:
    def unit(tx: Transaction) -> str:
        tx.run("INSERT INTO names VALUES (:name)", name=name)
        tx.announce(SessionsEnded([name]))
        then()
        return name

    return unit


def fail_with(error: Exception) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


async def stored(database: PostgresDatabase) -> set[str]:
    return {row["name"] for row in await database.read(lambda tx: tx.all("SELECT name FROM names"))}


async def end_connections(database: PostgresDatabase) -> None:
    with psycopg.connect(database._url, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_whoever_migrates_at_the_same_time_each_migration_runs_once(postgres: PostgresCluster) -> None:
    url = postgres.create_database()

    def migrate(_: int) -> list[str]:
        with connect(url) as connection:
            return migrate_postgres(connection)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        done = list(pool.map(migrate, range(AT_ONCE)))
    assert sorted(name for one in done for name in one) == [name for name, _ in migrations("postgres")]


def test_both_engines_have_the_same_migrations() -> None:
    assert [name for name, _ in migrations("postgres")] == [name for name, _ in migrations("sqlite")]


def test_both_engines_have_the_same_tables_and_columns(hub: HubProcess) -> None:
    ours = sqlite3.connect(":memory:")
    for _, script in migrations("sqlite"):
        for statement in statements(script):
            ours.execute(statement)
    tables = [
        name
        for (name,) in ours.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        if not name.startswith("sqlite_") and "search" not in name
    ]
    assert len(tables) > 15
    with psycopg.connect(hub.database_url) as theirs:
        for table in tables:
            found = theirs.execute("SELECT column_name FROM information_schema.columns WHERE table_name = %s", (table,))
            columns = {row[1] for row in ours.execute(f"PRAGMA table_info({table})")}
            assert {name for (name,) in found.fetchall()} == columns, table


async def test_units_that_wait_together_fail_alone(database: PostgresDatabase, announced: Announced) -> None:
    def wrong_sql(tx: Transaction) -> None:
        tx.run("INSERT INTO names VALUES ('half')")
        tx.run("INSERT INTO nowhere VALUES (1)")

    def goes_on_after_an_error(tx: Transaction) -> str:
        try:
            tx.run("INSERT INTO names VALUES ('first')")
        except psycopg.IntegrityError:
            return "all is well"
        return "it was not there"

    units: list[Callable[[Transaction], Any]] = [
        add("first"),
        add("a"),
        add("b", fail_with(NotFound("not here"))),
        add("a"),
        wrong_sql,
        goes_on_after_an_error,
        add("with\x00nul"),
    ]
    results = await asyncio.gather(*(database.write(unit) for unit in [*units, add("c")]), return_exceptions=True)
    assert [type(result) for result in results] == [
        str,
        str,
        NotFound,
        Conflict,
        psycopg.errors.UndefinedTable,
        psycopg.errors.InFailedSqlTransaction,
        InvalidInput,
        str,
    ]
    assert await stored(database) == {"first", "a", "c"}
    assert announced == [SessionsEnded([name]) for name in ("first", "a", "c")]


async def test_a_failing_unit_alone_leaves_nothing(database: PostgresDatabase, announced: Announced) -> None:
    with pytest.raises(NotFound):
        await database.write(add("a", fail_with(NotFound("not here"))))
    assert await stored(database) == set()
    assert announced == []


async def test_it_is_announced_after_the_commit(postgres: PostgresCluster) -> None:
    url = postgres.create_database()
    seen: list[int] = []

    def look(_: Any) -> None:
        with psycopg.connect(url) as other:
            seen.extend(row[0] for row in other.execute("SELECT count(*) FROM names").fetchall())

    store = PostgresDatabase(url, look)
    await store.write(lambda tx: tx.run("CREATE TABLE names (name TEXT PRIMARY KEY)"))
    await asyncio.gather(*(store.write(add(name)) for name in "abc"))
    await store.close()
    assert seen[-1] == 3


@pytest.mark.parametrize("error", [psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected])
async def test_a_conflict_between_transactions_is_tried_again(
    database: PostgresDatabase, announced: Announced, error: type[Exception]
) -> None:
    failures = [error("again"), error("and again")]

    def conflict() -> None:
        if failures:
            raise failures.pop()

    assert await database.write(add("a", conflict)) == "a"
    assert await stored(database) == {"a"}
    assert announced == [SessionsEnded(["a"])]
    with pytest.raises(Unavailable, match="busy"):
        await database.write(add("b", fail_with(error("always"))))


async def test_writers_take_turns_and_who_waits_too_long_is_told(database: PostgresDatabase) -> None:
    neighbour = PostgresDatabase(database._url, lambda _: None)
    inside, leave = threading.Event(), threading.Event()

    def slow(tx: Transaction) -> None:
        inside.set()
        leave.wait(20)

    holding = asyncio.create_task(neighbour.write(slow))
    await asyncio.to_thread(inside.wait, 5)
    try:
        with pytest.raises(Unavailable, match="busy"):
            await database.write(add("a"))
        assert "busy" in database.trouble
        assert await stored(database) == set()
    finally:
        leave.set()
        await holding
    assert await database.write(add("b")) == "b"
    assert database.trouble == ""
    await neighbour.close()


async def test_a_reader_cannot_write_and_sees_one_moment(database: PostgresDatabase) -> None:
    with pytest.raises(Unavailable):
        await database.read(add("a"))

    def twice(tx: Transaction) -> tuple[int, int]:
        counts = []
        for name in ("x", "y"):
            counts.append(len(tx.all("SELECT name FROM names")))
            with psycopg.connect(database._url) as other:
                other.execute("INSERT INTO names VALUES (%s)", (name,))
        return counts[0], counts[1]

    assert await database.read(twice) == (0, 0)
    assert await stored(database) == {"x", "y"}


async def test_lost_connections_are_made_again_without_anybody_noticing(database: PostgresDatabase) -> None:
    await asyncio.gather(*(stored(database) for _ in range(20)))
    await end_connections(database)
    assert await database.write(add("a")) == "a"
    for _ in range(10):
        assert await stored(database) == {"a"}


async def test_a_connection_lost_in_the_middle_of_a_unit_leaves_nothing_twice(
    database: PostgresDatabase, announced: Announced
) -> None:
    tries: list[int] = []

    def break_off(tx: Transaction) -> None:
        tx.run("INSERT INTO names VALUES ('a')")
        tx.announce(SessionsEnded(["a"]))
        tries.append(1)
        if len(tries) == 1:
            asyncio.run(end_connections(database))
        tx.all("SELECT name FROM names")

    await database.write(break_off)
    assert len(tries) == 2
    assert await stored(database) == {"a"}
    assert announced == [SessionsEnded(["a"])]


async def test_a_commit_that_was_lost_is_not_made_again(database: PostgresDatabase) -> None:
    def break_off_before_the_commit(tx: Transaction) -> None:
        tx.run("INSERT INTO names VALUES ('a')")
        asyncio.run(end_connections(database))

    with pytest.raises(Unavailable, match="Look whether it is there"):
        await database.write(break_off_before_the_commit)
    assert await database.write(add("b")) == "b"
    assert await stored(database) == {"b"}


async def test_a_caller_who_gives_up_does_not_disturb_the_others(database: PostgresDatabase) -> None:
    tasks = [asyncio.create_task(database.write(add(str(number)))) for number in range(20)]
    readers = [asyncio.create_task(stored(database)) for _ in range(20)]
    await asyncio.sleep(0)
    for task in [*tasks[::2], *readers[::2]]:
        task.cancel()
    await asyncio.gather(*tasks, *readers, return_exceptions=True)
    assert await database.write(add("last")) == "last"
    assert {str(number) for number in range(1, 20, 2)} < await stored(database)


async def test_without_a_server_everything_says_so_soon() -> None:
    database = database_at(NOBODY, lambda _: None)
    await database.open()
    async with asyncio.timeout(5):
        for _ in range(3):
            with pytest.raises(Unavailable):
                await database.read(lambda tx: tx.all("SELECT 1"))
            with pytest.raises(Unavailable):
                await database.write(lambda tx: tx.run("SELECT 1"))
        with pytest.raises(Unavailable, match="HUB_DATABASE_URL does not answer"):
            await database.migrate()
    await database.close()
