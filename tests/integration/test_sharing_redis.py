"""Hubs on one Redis know nothing of each other, however each of them names it, and also when one is a copy."""

import sqlite3
from contextlib import closing

import pytest

from tests.clients import ChannelClient
from tests.conftest import StartHub
from tests.services import HubProcess, PostgresCluster, RedisServer

WAYS = {
    "the same URL": "redis://127.0.0.1:{port}/0",
    "another number": "redis://127.0.0.1:{port}/1",
    "a query": "redis://127.0.0.1:{port}?db=1",
    "a number and a query": "redis://127.0.0.1:{port}/0?db=1",
    "another name of the host": "redis://localhost:{port}",
    "a socket": "unix://{folder}/redis.sock?db=1",
}


def name_of(hub: HubProcess) -> str:
    """The name that the hub's database made for itself."""
    with closing(sqlite3.connect(hub.database_path)) as database:
        return str(database.execute("SELECT id FROM hub_identity").fetchone()[0])


async def check_strangers(ours: HubProcess, theirs: HubProcess) -> None:
    """What happens on one hub reaches all of its own workers and nobody of the other."""
    async with ChannelClient(theirs.ws_url, "denali") as stranger, ChannelClient(ours.ws_url, "denali") as first:
        async with ChannelClient(ours.ws_url, "denali"):
            await first.wait_for(lambda: (first.state.presence or {}).get("count") == 2)
        await first.wait_for(lambda: (first.state.presence or {}).get("count") == 1)
        assert (stranger.state.presence or {}).get("count") == 1


@pytest.mark.parametrize("way", WAYS)
async def test_a_hub_and_its_copy_that_name_one_redis_in_any_way_are_strangers(
    start_hub: StartHub, redis: RedisServer, way: str
) -> None:
    url = WAYS[way].format(port=redis.port, folder=redis.folder)
    ours = start_hub(workers=2, redis=redis)
    theirs = start_hub(workers=2, settings={"HUB_REDIS_URL": url})
    assert name_of(ours) == name_of(theirs), "no copy: this test tests less than it says"
    await check_strangers(ours, theirs)


async def test_a_copy_of_a_postgresql_hub_is_a_stranger_to_it(
    start_hub: StartHub, redis: RedisServer, postgres: PostgresCluster
) -> None:
    ours = start_hub(workers=2, redis=redis, database_url=postgres.create_database(), start=False)
    copied = postgres.create_database(template=ours.database_url.rpartition("/")[2])
    ours.start()
    await check_strangers(ours, start_hub(workers=2, redis=redis, database_url=copied))
