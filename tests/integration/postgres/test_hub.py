"""A hub on PostgreSQL: one number line over two workers and two machines, and a server that goes and comes back."""

import asyncio
import itertools

import psycopg

from tests.clients import Api, ChannelClient
from tests.conftest import NewApi, StartHub
from tests.services import HubProcess, PostgresCluster, RedisServer

WRITERS = 8
POSTS = 12


async def write_posts(api: Api, park: str) -> None:
    for number in range(POSTS):
        await api.post(park, title=f"Post {number}")


async def watch(url: str, park: str, writing: asyncio.Task[None]) -> list[list[int]]:
    """What readers of the log see while others write: its numbers at each look."""
    looks: list[list[int]] = []
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as reader:
        while not writing.done():
            rows = await reader.execute(
                """SELECT event_log.seq FROM event_log JOIN channels ON channels.id = event_log.channel_id
                WHERE channels.slug = %s ORDER BY event_log.seq""",
                (park,),
            )
            looks.append([seq for (seq,) in await rows.fetchall()])
    return looks


async def test_seq_follows_the_order_of_commits_and_no_reader_ever_sees_a_gap(
    hub: HubProcess, park: str, new_api: NewApi
) -> None:
    writers = [new_api(hub.base_url) for _ in range(WRITERS)]
    for number, api in enumerate(writers):
        await api.register(f"writer-{number}")

    async def write() -> None:
        await asyncio.gather(*(write_posts(api, park) for api in writers))

    async with ChannelClient(hub.ws_url, park) as first, ChannelClient(hub.ws_url, park) as second:
        writing = asyncio.create_task(write())
        looks = await watch(hub.database_url, park, writing)
        await writing
        total = WRITERS * POSTS
        for client in (first, second):
            await client.wait_for_seq(total)
            assert client.seqs == list(range(1, total + 1))
            assert (client.repeats, client.gaps, client.resyncs) == ([], [], [])
    assert looks[-1]
    assert all(seen == list(range(1, len(seen) + 1)) for seen in looks)
    assert all(len(earlier) <= len(later) for earlier, later in itertools.pairwise(looks))


async def test_two_machines_share_one_number_line(
    hub: HubProcess, park: str, start_hub: StartHub, redis_server: RedisServer, new_api: NewApi, ada: Api
) -> None:
    other = await asyncio.to_thread(start_hub, database_url=hub.database_url, redis=redis_server)
    there = new_api(other.base_url)
    await there.register("far-away")
    async with ChannelClient(hub.ws_url, park) as here, ChannelClient(other.ws_url, park) as far:
        await asyncio.gather(write_posts(ada, park), write_posts(there, park))
        for client in (here, far):
            await client.wait_for_seq(2 * POSTS)
            assert client.seqs == list(range(1, 2 * POSTS + 1))
    assert (await ada.history(park))["posts"] == (await there.history(park))["posts"]


async def test_a_server_that_goes_and_comes_back(start_hub: StartHub, new_api: NewApi) -> None:
    cluster = PostgresCluster()
    await asyncio.to_thread(cluster.initialise)
    try:
        await asyncio.to_thread(cluster.start)
        hub = await asyncio.to_thread(start_hub, database_url=cluster.create_database())
        ada = new_api(hub.base_url)
        await ada.register("ada")
        async with ChannelClient(hub.ws_url, "denali", history=await ada.history("denali")) as client:
            await ada.post("denali", title="Before")
            await asyncio.to_thread(cluster.stop)
            new = {"title": "Meanwhile", "comment": "Is anybody there?"}
            refused = await ada.request("POST", "/api/channels/denali/posts", json=new)
            assert (refused.status_code, refused.json()["title"]) == (503, "Not available right now")
            assert "Retry-After" in refused.headers
            assert (await ada.request("GET", "/readyz")).status_code == 503
            await asyncio.to_thread(cluster.start)
            async with asyncio.timeout(10):
                while (await ada.request("GET", "/readyz")).status_code != 200:
                    await asyncio.sleep(0.1)
            after = await ada.post("denali", title="After")
            await client.wait_for(lambda: any(event["data"] == after for event in client.applied))
            assert client.connected
            assert (client.gaps, client.repeats) == ([], [])
            titles = [post["title"] for post in (await ada.history("denali"))["posts"]["items"][:2]]
            assert titles == ["After", "Before"]
    finally:
        await asyncio.to_thread(cluster.remove)


def test_a_server_that_is_not_there_stops_the_start_with_one_line(start_hub: StartHub) -> None:
    hub = start_hub(database_url="sqlite:///unused.db", start=False)
    hub.database_url = "postgresql://hub:secret-word@127.0.0.1:9/hub"
    done = hub.try_run("serve")
    assert done.returncode != 0
    assert "HUB_DATABASE_URL does not answer" in done.stderr.splitlines()[-1]
    assert "secret-word" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_url_that_is_none_stops_the_start_with_one_line(start_hub: StartHub) -> None:
    hub = start_hub(database_url="sqlite:///unused.db", start=False)
    hub.database_url = "postgresql://hub:secret-word@127.0.0.1:port/hub?colour=green"
    done = hub.try_run("serve")
    assert done.returncode == 2
    assert done.stderr.splitlines() == ["hub: HUB_DATABASE_URL must be written as postgresql://user@host:5432/database"]


def test_the_doctor_looks_at_the_server(hub: HubProcess, postgres: PostgresCluster, start_hub: StartHub) -> None:
    well = hub.try_run("doctor")
    assert "ok   database" in well.stdout
    assert "ok   schema" in well.stdout
    ill = start_hub(database_url="sqlite:///unused.db", start=False)
    ill.database_url = postgres.create_database()
    assert "MEND schema" in ill.try_run("doctor").stdout
    ill.database_url = "postgresql://hub:secret-word@127.0.0.1:9/hub"
    found = ill.try_run("doctor")
    assert found.returncode == 1
    assert "MEND database" in found.stdout
    assert "secret-word" not in found.stdout
