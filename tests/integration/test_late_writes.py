"""A change is made only while its asker can still be waiting for it, and its time is that of its turn. Both engines."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
import pytest_asyncio

from hub.errors import Unavailable
from hub.model import utc_now
from hub.store.database import Database, Transaction
from hub.waiting import LONGEST_SECONDS, Arrival, arrival

TURN = "SELECT pg_advisory_lock(5093761102938475)"


@pytest_asyncio.fixture
async def database(database: Database) -> Database:
    """A database with one table of names."""
    await database.write(lambda tx: tx.run("CREATE TABLE names (name TEXT, at TEXT)"))
    return database


def add(name: str) -> Callable[[Transaction], str]:
    def unit(tx: Transaction) -> str:
        tx.run("INSERT INTO names VALUES (:name, :now)", name=name, now=tx.now)
        return tx.now

    return unit


async def stored(database: Database) -> list[str]:
    return [row["name"] for row in await database.read(lambda tx: tx.all("SELECT name FROM names ORDER BY at"))]


async def hold_back(database: Database) -> tuple[threading.Event, "asyncio.Task[Any]"]:
    """Begin a unit that goes on until the event is set."""
    begun, go_on = threading.Event(), threading.Event()
    task = asyncio.create_task(database.write(lambda tx: (begun.set(), go_on.wait(20))))
    await asyncio.to_thread(begun.wait, 20)
    return go_on, task


def lock_the_writers_out(database: Any) -> Callable[[], None]:
    """Take what every writer waits for, as another process would; returns how to give it back."""
    if hasattr(database, "_path"):
        other = sqlite3.connect(database._path, isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        return lambda: (other.execute("ROLLBACK"), other.close())[1]
    client = psycopg.connect(database._url, autocommit=True)
    client.execute(TURN)
    return client.close


async def test_a_unit_whose_asker_has_gone_is_not_run(database: Database) -> None:
    go_on, first = await hold_back(database)
    gone, stays = (asyncio.create_task(database.write(add(name))) for name in ("gone", "stays"))
    await asyncio.sleep(0)
    gone.cancel()
    go_on.set()
    await asyncio.gather(first, stays, gone, return_exceptions=True)
    assert await stored(database) == ["stays"]


async def test_a_unit_whose_asker_goes_while_it_waits_for_its_turn_in_the_commit_is_not_run(database: Database) -> None:
    give_back = lock_the_writers_out(database)
    gone, stays = (asyncio.create_task(database.write(add(name))) for name in ("gone", "stays"))
    await asyncio.sleep(0.05)
    gone.cancel()
    await asyncio.sleep(0)
    give_back()
    await asyncio.gather(stays, gone, return_exceptions=True)
    assert await stored(database) == ["stays"]


async def test_the_time_of_a_change_is_not_before_its_lock(database: Database) -> None:
    give_back = lock_the_writers_out(database)
    waiting = asyncio.create_task(database.write(add("a")))
    await asyncio.sleep(0.05)
    before = utc_now()
    give_back()
    assert await waiting > before


async def test_units_of_one_commit_have_each_a_time_of_their_own_in_their_order(database: Database) -> None:
    go_on, first = await hold_back(database)
    units = [asyncio.create_task(database.write(add(str(number)))) for number in range(40)]
    await asyncio.sleep(0)
    go_on.set()
    await first
    times = await asyncio.gather(*units)
    assert times == sorted(set(times))


async def test_a_request_that_came_too_long_ago_is_refused_and_the_next_is_not(database: Database) -> None:
    old = Arrival(asyncio.get_running_loop().time() - LONGEST_SECONDS - 1)
    token = arrival.set(old)
    try:
        with pytest.raises(Unavailable, match="Nothing was changed"):
            await database.write(add("late"))
        old.at = None
        await database.write(add("after the answer"))
    finally:
        arrival.reset(token)
    assert await stored(database) == ["after the answer"]


async def test_what_waits_behind_a_write_without_end_is_answered(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.store.group_commit.LONGEST_SECONDS", 0.5)
    token = arrival.set(Arrival(asyncio.get_running_loop().time()))
    go_on, first = await hold_back(database)
    with pytest.raises(Unavailable, match="Nothing was changed"):
        await database.write(add("behind"))
    with pytest.raises(Unavailable, match="Look whether"):
        await first
    arrival.reset(token)
    go_on.set()
    await database.write(add("after"))
    assert await stored(database) == ["after"]
