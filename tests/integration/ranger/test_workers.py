"""Two workers, one conversation: join, stop, no Redis, killed, stopped and restarted workers."""

import asyncio
import signal
import statistics
import time

from tests.clients import Api, ChatClient, connect_elsewhere
from tests.conftest import NewApi, StartHub
from tests.gemini_server import (
    GeminiServer,
    numbered,
    says,
)
from tests.integration.ranger.conftest import begin, conversation_of, stored, strictly, talk
from tests.services import HubProcess, PostgresCluster, RedisServer, worker_index


async def two_windows(pair: HubProcess, api: Api) -> tuple[ChatClient, ChatClient]:
    """Two clients of one conversation; the second has yet to connect, to the other worker."""
    conversation = await begin(api)
    first = ChatClient(pair.ws_url, conversation, api.token)
    await first.connect()
    return first, ChatClient(pair.ws_url, conversation, api.token)


async def test_who_joins_on_another_worker_gets_the_text_so_far_and_the_rest_once(
    gemini: GeminiServer, pair: HubProcess, cy: Api
) -> None:
    first, second = await two_windows(pair, cy)
    gemini.script = numbered(30, pause=0.05)
    ack = await first.request({"type": "chat.send", "text": "Both listen."})
    answer = ack["data"]["answer"]
    await first.says("piece-5 ")
    await connect_elsewhere(pair, second, first.worker)
    joined = second.welcome["index"]
    whole = "".join(f"piece-{n} " for n in range(30))
    assert (await second.ended(answer))["text"] == whole
    assert (await first.ended(answer))["text"] == whole
    strictly(first)
    strictly(second)
    assert [f["index"] for f in second.of_type("chat.delta")] == list(range(joined, 30))
    delays = [f["at"] - gemini.last.sent[f["text"]] for f in second.of_type("chat.delta")[-10:]]
    assert statistics.median(delays) < 0.1
    await first.close()
    await second.close()


async def test_stop_works_from_the_other_worker(gemini: GeminiServer, pair: HubProcess, cy: Api) -> None:
    first, second = await two_windows(pair, cy)
    await connect_elsewhere(pair, second, first.worker)
    gemini.script = numbered(200, pause=0.05)
    ack = await first.request({"type": "chat.send", "text": "Stop me over there."})
    await second.says("piece-3 ")
    stopped_at = time.monotonic()
    assert (await second.request({"type": "chat.stop"}))["type"] == "ack"
    answer = await second.ended(ack["data"]["answer"])
    assert answer["status"] == "stopped"
    assert time.monotonic() - stopped_at < 1
    await asyncio.wait_for(gemini.last.ended.wait(), 2)
    assert gemini.last.cancelled_at is not None
    assert (await first.ended(ack["data"]["answer"]))["text"] == answer["text"]
    await first.close()
    await second.close()


async def test_without_redis_the_other_worker_follows_and_stops(
    gemini: GeminiServer, pair: HubProcess, cy: Api, redis: RedisServer
) -> None:
    first, second = await two_windows(pair, cy)
    await connect_elsewhere(pair, second, first.worker)
    redis.stop()
    gemini.script = numbered(200, pause=0.05)
    ack = await first.request({"type": "chat.send", "text": "No broker."})
    await second.says("piece-20 ", timeout=8)
    assert (await second.request({"type": "chat.stop"}))["type"] == "ack"
    answer = await second.ended(ack["data"]["answer"], timeout=8)
    assert (await first.ended(ack["data"]["answer"]))["text"] == answer["text"]
    assert answer["status"] == "stopped"
    assert (second.repeats, second.gaps) == ([], [])
    redis.start()
    await first.close()
    await second.close()


async def test_a_killed_worker_leaves_the_answer_interrupted_with_its_text(
    gemini: GeminiServer, start_hub: StartHub, new_api: NewApi, redis: RedisServer
) -> None:
    hub = start_hub(workers=2, redis=redis, settings=gemini.settings)
    api = new_api(hub.base_url)
    await api.register("ann")
    first, second = await two_windows(hub, api)
    await connect_elsewhere(hub, second, first.worker)
    gemini.script = numbered(600, pause=0.05)
    ack = await first.request({"type": "chat.send", "text": "Until you are killed."})
    await second.says("piece-40 ")
    index = int(first.worker.partition("-")[0])
    hub.kill_worker([worker_index(pid) for pid in hub.worker_pids].index(index))
    killed_at = time.monotonic()
    answer = await second.ended(ack["data"]["answer"], timeout=12)
    assert time.monotonic() - killed_at < 10
    assert answer["status"] == "interrupted"
    assert answer["text"].startswith("".join(f"piece-{n} " for n in range(20)))
    assert second.of_type("chat.error")[0]["code"] == "interrupted"
    message = (await stored(api, conversation_of(second)))[1]
    assert (message["status"], message["text"]) == ("interrupted", answer["text"])
    gemini.script = says("And on.")
    ack = await second.request({"type": "chat.regenerate"})
    assert (await second.ended(ack["data"]["answer"]))["text"] == "And on."
    await second.close()


async def test_a_hub_that_stops_keeps_the_text_of_its_answers(
    gemini: GeminiServer, start_hub: StartHub, new_api: NewApi
) -> None:
    hub = start_hub(settings={**gemini.settings, "HUB_DRAIN_SECONDS": "2"})
    api = new_api(hub.base_url)
    await api.register("ann")
    async with await talk(hub, api) as chat:
        gemini.script = numbered(600, pause=0.05)
        await chat.request({"type": "chat.send", "text": "Until you are stopped."})
        await chat.says("piece-10 ")
        conversation = conversation_of(chat)
        assert hub.stop() == 0
    hub.start()
    message = (await stored(api, conversation))[1]
    assert message["status"] == "interrupted"
    assert message["text"].startswith("".join(f"piece-{n} " for n in range(10)))
    assert message["problem"]["code"] == "interrupted"


async def test_a_rolling_restart_loses_and_repeats_nothing(
    gemini: GeminiServer, start_hub: StartHub, new_api: NewApi
) -> None:
    hub = start_hub(settings=gemini.settings)
    api = new_api(hub.base_url)
    await api.register("ann")
    async with await talk(hub, api) as chat:
        gemini.script = numbered(60, pause=0.05)
        ack = await chat.request({"type": "chat.send", "text": "Go on while you restart."})
        await chat.says("piece-5 ")
        before = chat.worker
        hub.signal(signal.SIGHUP)
        await chat.wait_for(lambda: chat.close_code == 1012, 10)
        await chat.reconnect()
        assert chat.worker != before
        answer = await chat.ended(ack["data"]["answer"])
        assert (answer["text"], answer["status"]) == ("".join(f"piece-{n} " for n in range(60)), "done")
        strictly(chat)


async def test_postgresql_holds_conversations_as_well(
    gemini: GeminiServer, start_hub: StartHub, new_api: NewApi, redis: RedisServer, postgres: PostgresCluster
) -> None:
    hub = start_hub(workers=2, redis=redis, database_url=postgres.create_database(), settings=gemini.settings)
    api = new_api(hub.base_url)
    await api.register("ann")
    first, second = await two_windows(hub, api)
    await connect_elsewhere(hub, second, first.worker)
    gemini.script = numbered(20, pause=0.05)
    ack = await first.request({"type": "chat.send", "text": "Both listen."})
    assert (await second.ended(ack["data"]["answer"]))["text"] == "".join(f"piece-{n} " for n in range(20))
    gemini.script = numbered(200, pause=0.05)
    await first.request({"type": "chat.regenerate"})
    await second.says("piece-3 ")
    question = ack["data"]["message_id"]
    edited = await api.call("PUT", f"/api/chat/messages/{question}", json={"text": "Something else."})
    await second.says("piece-3 ")
    await second.request({"type": "chat.stop"})
    answer = await first.ended(edited["answer"])
    messages = await stored(api, conversation_of(first))
    assert [(message["id"], message["status"]) for message in messages] == [
        (question, "done"),
        (answer["id"], "stopped"),
    ]
    for window in (first, second):
        strictly(window)
        await window.close()
