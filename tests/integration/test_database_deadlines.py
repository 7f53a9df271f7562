"""Every call of the database ends: one that stands still, is locked or searches too long becomes 503."""

import asyncio
import os
import signal
import sqlite3
from typing import Any

import httpx
import pytest

from hub.errors import Unavailable
from hub.store import lane
from hub.store.database import READ_SECONDS, Database, Transaction
from hub.waiting import LONGEST_SECONDS
from tests.clients import Api
from tests.conftest import NewApi, StartHub
from tests.services import PostgresCluster
from tests.services.process import child_pids

ENDLESS = """WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 2000000000)
    SELECT count(*) AS n FROM n"""
# The longest of all: a write behind another that hangs.
PATIENCE = LONGEST_SECONDS + 5


def endless(tx: Transaction) -> Any:
    return tx.one(ENDLESS)


def quick(tx: Transaction) -> int:
    row = tx.one("SELECT 1 AS n")
    assert row is not None
    return int(row["n"])


async def test_a_search_without_end_is_ended_and_the_next_one_goes(database: Database) -> None:
    with pytest.raises(Unavailable, match="takes too long"):
        await database.scan(endless)
    assert await database.scan(quick) == 1


async def test_searches_hold_up_no_other_read(database: Database) -> None:
    searches = [asyncio.create_task(database.scan(endless)) for _ in range(lane.WAITING)]
    await asyncio.sleep(0.05)
    for _ in range(100):
        assert await database.read(quick) == 1
    assert not all(search.done() for search in searches)
    for search in searches:
        search.cancel()
    await asyncio.gather(*searches, return_exceptions=True)
    assert await database.scan(quick) == 1


async def test_more_searches_than_can_wait_are_refused_at_once(database: Database) -> None:
    searches = [asyncio.create_task(database.scan(endless)) for _ in range(lane.WAITING * 2)]
    done, _ = await asyncio.wait(searches, return_when=asyncio.FIRST_COMPLETED)
    assert isinstance(done.pop().exception(), Unavailable)
    for search in searches:
        search.cancel()
    await asyncio.gather(*searches, return_exceptions=True)


async def test_an_ordinary_read_without_end_is_ended_too(database: Database) -> None:
    reads = [asyncio.create_task(database.read(endless)) for _ in range(8)]
    ended = await asyncio.wait_for(asyncio.gather(*reads, return_exceptions=True), READ_SECONDS * 3)
    assert all(isinstance(one, Unavailable) for one in ended)
    assert await database.read(quick) == 1


async def status(api: Api, method: str, path: str, **options: Any) -> int:
    """The status, answered within everybody's patience."""
    try:
        async with asyncio.timeout(PATIENCE):
            return (await api.request(method, path, **options)).status_code
    except (TimeoutError, httpx.TimeoutException):
        return 0


async def everything(api: Api) -> list[int]:
    """What reads, writes and health checks answer, all asked at once."""
    post = {"title": "Snow", "comment": "Fresh snow."}
    return await asyncio.gather(
        status(api, "GET", "/readyz"),
        status(api, "GET", "/api/channels/denali/history"),
        status(api, "GET", "/api/search?q=snow"),
        status(api, "GET", "/api/channels"),
        *(status(api, "POST", "/api/channels/denali/posts", json=post) for _ in range(3)),
    )


async def test_with_postgresql_standing_still_everything_answers_503_and_then_goes_on(
    start_hub: StartHub, new_api: NewApi
) -> None:
    cluster = PostgresCluster()
    try:
        cluster.initialise()
        cluster.start()
        hub = start_hub(database_url=cluster.create_database())
        ada = new_api(hub.base_url)
        await ada.register("ada")
        await ada.post("denali")
        servers = [cluster.pid, *child_pids(cluster.pid)]
        for pid in servers:
            os.kill(pid, signal.SIGSTOP)
        try:
            assert await everything(ada) == [503] * 7
            assert await status(ada, "GET", "/healthz") == 200
            assert await everything(ada) == [503] * 7
        finally:
            for pid in servers:
                os.kill(pid, signal.SIGCONT)
        async with asyncio.timeout(20):
            while await status(ada, "GET", "/readyz") != 200:
                await asyncio.sleep(0.1)
        await ada.post("denali", title="After")
    finally:
        cluster.remove()


async def test_with_the_write_lock_held_elsewhere_writes_answer_503_and_reads_go_on(
    start_hub: StartHub, new_api: NewApi
) -> None:
    hub = start_hub()
    ada = new_api(hub.base_url)
    await ada.register("ada")
    other = sqlite3.connect(hub.database_path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        answers = await everything(ada)
        assert answers[1:4] == [200] * 3
        assert answers[4:] == [503] * 3
    finally:
        other.execute("ROLLBACK")
        other.close()
    await ada.post("denali")


async def test_one_address_may_search_as_often_as_a_person_does(start_hub: StartHub, new_api: NewApi) -> None:
    guest = new_api(start_hub(settings={"HUB_LIMITS": "on"}).base_url)
    paths = ("/api/search?q=snow", "/api/analytics?username=ada", "/api/search?q=bear")
    answers = [await guest.request("GET", path) for path in paths * 20]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert {answer.status_code for answer in answers} == {200, 429}
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in refused)
    assert [answer.status_code for answer in answers[:20]] == [200] * 20
    assert (await guest.request("GET", "/api/channels/denali/history")).status_code == 200
