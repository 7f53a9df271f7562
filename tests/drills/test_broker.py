"""What Redis, or somebody on it, can do to a hub: make it wait for the log, and nothing else."""

import asyncio
import json
import re
import signal
import time
from collections.abc import Awaitable, Callable

import httpx
import redis.asyncio

from tests.clients import Api, ChannelClient, ChatClient, one_on_each_worker
from tests.conftest import StartHub
from tests.drills.conftest import check_whole, worker_of, write_all
from tests.services import HubProcess, RedisServer, wait_until

CHANNEL = "denali"
JUNK = (
    b"",
    b"hello",
    b"\n",
    b"stranger\n",
    b"stranger\nhello",
    b"stranger\n\xff\xfe\x00",
    b"stranger\n{",
    b"stranger\n" + b"[" * 100_000,
    b"stranger\nnull",
    b'stranger\n["a", 1, null]',
    b'stranger\n{"worker": 1, "full": "yes", "channels": []}',
    b'stranger\n{"worker": "w", "full": true, "channels": {"denali": {"joined": [], "left": [], "guests": 1e300}}}',
    b'stranger\n{"worker": "w", "full": true, "channels": {"denali": {"joined": [], "left": [], "guests": 9e99}}}',
    b'stranger\n{"type": "want", "message_id": 1, "index": -1000000000000}',
    b'stranger\n{"type": "chat.delta", "message_id": 1, "index": -1, "text": "x"}',
    b'stranger\n{"type": "chat.deleted", "seq": 1000000000000}',
    b"stranger\nepoch\nnumber\nentity\n{}",
    b"stranger\nepoch\n" + b"9" * 5_000 + b"\nentity\n{}",
    b'stranger\n\n0\n\n{"type": "typing", "channel": "denali", "at": "", "data": {"username": "\xff"}}',
    b'stranger\n\n0\nlocation:x\n{"type": "location.updated", "channel": "denali", "at": "", "data": 1}',
)
# Redis cuts off a subscriber for which more than 32 MB wait, and what comes meanwhile is lost: this is sent last.
HUGE = b"stranger\n" + b"x" * 20_000_000
People = Callable[[HubProcess, int], Awaitable[list[Api]]]


def counted(hub: HubProcess) -> float:
    """How many messages the workers have passed over."""
    text = httpx.get(f"{hub.base_url}/metrics", trust_env=False).text
    found = re.search(r"^hub_broker_unreadable_total (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else 0.0


async def test_junk_on_every_topic_ends_no_worker_and_is_counted(
    start_hub: StartHub, redis: RedisServer, people: People
) -> None:
    hub = start_hub(workers=2, redis=redis)
    (ada,) = await people(hub, 1)
    conversation = await ada.call("POST", "/api/chat/conversations", json={})
    workers = hub.worker_pids
    clients = await one_on_each_worker(hub, CHANNEL)
    async with ChatClient(hub.ws_url, conversation["id"], ada.token) as chat:
        async with redis_client(redis) as broker:
            topics = await broker.pubsub_channels()
            for kind in (b":beat", b":presence", b":sessions", b":channel:denali", b":chat:%d" % conversation["id"]):
                assert [topic for topic in topics if topic.endswith(kind)], kind
            for topic in topics:
                for message in JUNK:
                    await broker.publish(topic, message)
            assert await asyncio.to_thread(wait_until, lambda: counted(hub) >= 2 * len(JUNK), 20)
            for topic in topics:
                await broker.publish(topic, HUGE)
        await ada.post(CHANNEL, "After the junk")
        for client in clients:
            await client.wait_for(lambda c=client: any(e["data"]["title"] == "After the junk" for e in c.applied))
        await chat.ask("How much water should I carry?")
    assert hub.worker_pids == workers
    assert hub.log.count("cannot be read") <= 4
    for client in clients:
        assert client.close_code is None
        await client.close()


async def test_nobody_waits_for_a_redis_that_hangs(start_hub: StartHub, redis: RedisServer, people: People) -> None:
    hub = start_hub(workers=2, redis=redis)
    (ada,) = await people(hub, 1)
    parks = [channel["slug"] for group in (await ada.channels())["items"] for channel in group["channels"]][:12]
    redis.signal(signal.SIGSTOP)
    try:
        began = time.monotonic()
        for park in parks:
            async with ChannelClient(hub.ws_url, park):
                pass
        assert time.monotonic() - began < 6
        history = await ada.history(parks[0])
        async with ChannelClient(hub.ws_url, parks[0], history=history) as reader:
            await ada.post(parks[0], "While Redis hangs")
            await reader.wait_for(lambda: reader.applied, 5)
    finally:
        redis.signal(signal.SIGCONT)


async def test_an_outage_of_redis_is_two_lines_in_the_log(
    start_hub: StartHub, redis: RedisServer, people: People
) -> None:
    hub = start_hub(workers=2, redis=redis)
    writers = await people(hub, 3)
    history = await writers[0].history(CHANNEL)
    async with ChannelClient(hub.ws_url, CHANNEL, history=history) as reader:
        await asyncio.to_thread(redis.stop)
        titles = await write_all(writers, CHANNEL, 150, pause=0.03)
        await asyncio.to_thread(redis.start)
        await reader.wait_for_seq(history["seq"] + len(titles))
        check_whole(reader, history["seq"], titles)
    for _ in range(100):
        await writers[0].post(CHANNEL, "Redis is back")
        if hub.log.count("messages are sent again") == hub.log.count("messages are not sent"):
            break
        await asyncio.sleep(0.1)
    assert 1 <= hub.log.count("messages are not sent") <= 2
    lost = [int(count) for count in re.findall(r"messages are sent again; (\d+) were not", hub.log)]
    assert len(lost) == hub.log.count("messages are not sent")
    assert sum(lost) >= 100


def redis_client(server: RedisServer) -> redis.asyncio.Redis:
    """Somebody else on the same Redis."""
    return redis.asyncio.Redis.from_url(server.url)


def people_in(frame: dict[str, object]) -> dict[str, object] | None:
    """Who is here, as a frame has it."""
    if frame["type"] == "welcome":
        return frame["presence"]  # type: ignore[return-value]
    return frame["data"] if frame["type"] == "presence.changed" else None  # type: ignore[return-value]


async def test_people_on_a_killed_worker_are_gone_within_ten_seconds(
    start_hub: StartHub, redis: RedisServer, people: People
) -> None:
    hub = start_hub(workers=2, redis=redis)
    (ada,) = await people(hub, 1)
    clients = await one_on_each_worker(hub, CHANNEL, token=ada.token)
    guests = [ChannelClient(hub.ws_url, CHANNEL) for _ in range(20)]
    for guest in guests:
        await guest.connect()
    for client in clients:
        await client.wait_for(lambda c=client: (c.state.presence or {}).get("count") == 21)
    everyone = [*clients, *guests]
    hub.kill_worker(0)
    ended = asyncio.gather(*(client.wait_closed(60) for client in clients), return_exceptions=True)
    while all(client.close_code is None for client in clients):
        await asyncio.sleep(0.01)
    watcher = next(client for client in clients if client.close_code is None)
    here = sum(worker_of(client) == worker_of(watcher) for client in guests)
    assert here < len(guests)
    await watcher.wait_for(
        lambda: watcher.state.presence == {"members": ["writer0"], "guests": here, "count": here + 1}
    )
    for client in everyone:
        await client.close()
    await ended


async def test_a_rolling_restart_makes_nobody_flicker(start_hub: StartHub, redis: RedisServer, people: People) -> None:
    hub = start_hub(workers=2, redis=redis)
    members = await people(hub, 6)
    clients = [ChannelClient(hub.ws_url, CHANNEL, token=api.token) for api in members]
    clients += [ChannelClient(hub.ws_url, CHANNEL) for _ in range(6)]
    for client in clients:
        await client.connect()
    everyone = {"members": [f"writer{n}" for n in range(6)], "guests": 6, "count": 12}
    for client in clients:
        await client.wait_for(lambda c=client: c.state.presence == everyone)
    before = set(hub.worker_pids)
    seen = {id(client): len(client.frames) for client in clients}
    hub.signal(signal.SIGHUP)

    async def follow(client: ChannelClient) -> None:
        while before & set(hub.worker_pids):
            if not client.connected:
                await client.reconnect()
            await asyncio.sleep(0.02)

    async with asyncio.timeout(60):
        await asyncio.gather(*(follow(client) for client in clients))
    for client in clients:
        if not client.connected:
            await client.reconnect()
    # Those held are forgotten a few seconds after their worker, without a change in what is shown.
    await asyncio.sleep(8)
    for client in clients:
        shown = [told for frame in client.frames[seen[id(client)] :] if (told := people_in(frame)) is not None]
        assert shown
        assert [told for told in shown if told != everyone] == [], json.dumps(shown)
    for client in clients:
        await client.close()
