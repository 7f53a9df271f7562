"""The one promise: every event, in order, once, whatever happens between the workers."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable

from tests.clients import Api, ChannelClient
from tests.conftest import StartHub
from tests.drills.conftest import OpenOn, check_whole, wander, worker_of, write_all
from tests.services import HubProcess, RedisServer, wait_until

CHANNEL = "denali"
POSTS = 500
People = Callable[[HubProcess, int], Awaitable[list[Api]]]


async def two_readers(hub: HubProcess, writer: Api, open_on: OpenOn) -> tuple[ChannelClient, ChannelClient, int]:
    """Readers on different workers and the number from which they read."""
    history = await writer.history(CHANNEL)
    first = await open_on(hub, CHANNEL, history)
    second = await open_on(hub, CHANNEL, history, avoid=worker_of(first))
    return first, second, history["seq"]


async def test_two_workers_give_500_posts_in_order_once_also_to_one_who_comes_and_goes(
    start_hub: StartHub, redis: RedisServer, people: People, open_on: OpenOn
) -> None:
    hub = start_hub(workers=2, redis=redis)
    writers = await people(hub, 10)
    here, there, start = await two_readers(hub, writers[0], open_on)
    wanderer = await open_on(hub, CHANNEL, await writers[0].history(CHANNEL))
    titles, _ = await asyncio.gather(write_all(writers, CHANNEL, POSTS, pause=0.02), wander(wanderer, 20, 0.08))
    for client in (here, there, wanderer):
        await client.wait_for_seq(start + POSTS)
        check_whole(client, start, titles)
    assert worker_of(here) != worker_of(there)


async def test_redis_away_for_ten_seconds_costs_time_and_nothing_else(
    start_hub: StartHub, redis: RedisServer, people: People, open_on: OpenOn
) -> None:
    hub = start_hub(workers=2, redis=redis)
    writers = await people(hub, 5)
    here, there, start = await two_readers(hub, writers[0], open_on)
    writing = asyncio.create_task(write_all(writers, CHANNEL, POSTS, pause=0.13))
    await here.wait_for_seq(start + 50)
    await asyncio.to_thread(redis.stop)
    stopped_at = time.monotonic()
    await writers[0].post(CHANNEL, "While Redis is away")
    asked = time.monotonic()
    for client in (here, there):
        await client.wait_for(lambda c=client: any(e["data"].get("title") == "While Redis is away" for e in c.applied))
    assert time.monotonic() - asked < 2.5
    await asyncio.sleep(max(0.0, 10 - (time.monotonic() - stopped_at)))
    await asyncio.to_thread(redis.start)
    titles = [*await writing, "While Redis is away"]
    for client in (here, there):
        await client.wait_for_seq(start + POSTS + 1)
        check_whole(client, start, titles)
    assert here.resyncs == there.resyncs == []


async def test_a_worker_killed_is_replaced_within_two_seconds_and_the_others_never_notice(
    start_hub: StartHub, redis: RedisServer, people: People, open_on: OpenOn
) -> None:
    hub = start_hub(workers=2, redis=redis)
    writers = await people(hub, 5)
    here, there, start = await two_readers(hub, writers[0], open_on)
    writing = asyncio.create_task(write_all(writers, CHANNEL, POSTS, pause=0.03))
    await here.wait_for_seq(start + 100)
    killed = hub.kill_worker(0)
    killed_at = time.monotonic()
    replaced = await asyncio.to_thread(
        wait_until, lambda: len(hub.worker_pids) == 2 and killed not in hub.worker_pids, 5
    )
    assert replaced
    assert time.monotonic() - killed_at < 2
    await here.wait_for(lambda: True)
    survivors = [client for client in (here, there) if client.connected]
    assert len(survivors) == 1
    for client in (here, there):
        if not client.connected:
            await client.reconnect()
    titles = await writing
    for client in (here, there):
        await client.wait_for_seq(start + POSTS)
        check_whole(client, start, titles)
    assert sum(frame["type"] == "welcome" for frame in survivors[0].frames) == 1


async def test_workers_restarted_one_by_one_say_goodbye_and_lose_nothing(
    start_hub: StartHub, redis: RedisServer, people: People, open_on: OpenOn
) -> None:
    hub = start_hub(workers=2, redis=redis)
    writers = await people(hub, 4)
    here, there, start = await two_readers(hub, writers[0], open_on)
    before = set(hub.worker_pids)
    writing = asyncio.create_task(write_all(writers, CHANNEL, POSTS, pause=0.06))
    os.kill(hub.pid, signal.SIGHUP)

    async def follow(client: ChannelClient) -> None:
        while not writing.done() or (client.seq or 0) < start + POSTS:
            if not client.connected:
                assert client.close_code == 1012
                assert client.frames[-1]["type"] == "goodbye"
                await client.reconnect()
            await asyncio.sleep(0.02)

    async with asyncio.timeout(60):
        titles, *_ = await asyncio.gather(writing, follow(here), follow(there))
    for client in (here, there):
        check_whole(client, start, titles)
        assert sum(frame["type"] == "goodbye" for frame in client.frames) >= 1
    assert await asyncio.to_thread(wait_until, lambda: not before & set(hub.worker_pids), 10)


async def test_sigterm_says_goodbye_spread_over_time_and_ends_within_the_drain_time(
    start_hub: StartHub, people: People
) -> None:
    hub = start_hub()
    clients = [ChannelClient(hub.ws_url, CHANNEL) for _ in range(200)]
    await asyncio.gather(*(client.connect() for client in clients))
    began = time.monotonic()
    os.kill(hub.pid, signal.SIGTERM)
    await asyncio.gather(*(client.wait_closed() for client in clients))
    assert await asyncio.to_thread(wait_until, lambda: not hub.running, 10)
    assert time.monotonic() - began < 10
    goodbyes = [client.frames[-1] for client in clients]
    assert {frame["type"] for frame in goodbyes} == {"goodbye"}
    assert {client.close_code for client in clients} == {1012}
    waits = [frame["reconnect_in"] for frame in goodbyes]
    assert min(waits) > 0
    assert max(waits) - min(waits) > 0.5
