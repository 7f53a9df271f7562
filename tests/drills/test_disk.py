"""A full disk and a locked database: a clear 503, nothing that was answered is lost, and well again by itself."""

import asyncio
import resource
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager

import httpx

from tests.clients import Api, ChannelClient
from tests.conftest import NewApi, StartHub
from tests.drills.conftest import insist
from tests.services import HubProcess, RedisServer

CHANNEL = "denali"
PATIENCE = 20


@contextmanager
def full_disk(hub: HubProcess) -> Iterator[None]:
    """No file of the workers may grow: what a full disk is to a program."""
    for pid in hub.worker_pids:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
    yield
    for pid in hub.worker_pids:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@contextmanager
def locked(hub: HubProcess) -> Iterator[None]:
    """Somebody else holds the database's write lock."""
    with closing(sqlite3.connect(hub.database_path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


async def write(api: Api, title: str) -> httpx.Response:
    body = {"title": title, "comment": "Written in a drill.", "client_id": str(uuid.uuid4())}
    return await api.request("POST", f"/api/channels/{CHANNEL}/posts", json=body)


def check_refused(answer: httpx.Response, reason: str) -> None:
    assert answer.status_code == 503, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) >= 1
    assert reason in answer.json()["detail"]
    assert "Nothing was changed" in answer.json()["detail"]


async def ready(api: Api) -> tuple[int, str, str]:
    answer = await api.request("GET", "/readyz")
    return answer.status_code, answer.json()["status"], answer.json()["database"]


async def titles(api: Api) -> list[str]:
    return [post["title"] for post in await api.all_posts(CHANNEL)]


async def test_a_full_disk_is_said_and_costs_nothing_that_was_answered(start_hub: StartHub, new_api: NewApi) -> None:
    hub = start_hub()
    ada = new_api(hub.base_url)
    await ada.register("ada")
    kept = [f"Before {number}" for number in range(20)]
    for title in kept:
        assert (await write(ada, title)).status_code == 201
    history = await ada.history(CHANNEL)
    async with ChannelClient(hub.ws_url, CHANNEL, history=history) as reader:
        with full_disk(hub):
            for number in range(5):
                check_refused(await write(ada, f"Refused {number}"), "disk is full")
            check_refused(await ada.request("DELETE", f"/api/posts/{history['posts']['items'][0]['id']}"), "disk")
            code, status, database = await ready(ada)
            assert (code, status) == (503, "read-only") and "disk is full" in database
            assert await ada.history(CHANNEL) == history
            assert (await ada.request("GET", "/healthz")).status_code == 200
            assert (await reader.ask({"type": "ping"}))["type"] == "pong"
        assert await ready(ada) == (200, "ready", "ok")
        assert (await write(ada, "After")).status_code == 201
        await reader.wait_for_seq(history["seq"] + 1)
        assert [event["data"]["title"] for event in reader.applied] == ["After"]
    hub.kill()
    await asyncio.to_thread(hub.start)
    found = await titles(ada)
    assert {*kept, "After"} <= set(found)
    assert not [title for title in found if title.startswith("Refused")]
    with closing(sqlite3.connect(hub.database_path)) as database_file:
        assert database_file.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_writers_who_insist_lose_nothing_while_the_disk_fills_and_empties(
    start_hub: StartHub, redis: RedisServer, new_api: NewApi
) -> None:
    hub = start_hub(workers=2, redis=redis)
    ada = new_api(hub.base_url)
    await ada.register("ada")
    history = await ada.history(CHANNEL)
    async with ChannelClient(hub.ws_url, CHANNEL, history=history) as reader:
        writing = [asyncio.create_task(insist(ada, CHANNEL, f"Post {number}")) for number in range(60)]
        for _ in range(3):
            with full_disk(hub):
                await asyncio.sleep(0.3)
            await asyncio.sleep(0.2)
        await asyncio.gather(*writing)
        await reader.wait_for_seq(history["seq"] + 60)
        assert sorted(event["data"]["title"] for event in reader.applied) == sorted(f"Post {n}" for n in range(60))
        assert not reader.gaps and not reader.repeats


async def test_a_locked_database_is_said_and_what_waits_is_not_lost(start_hub: StartHub, new_api: NewApi) -> None:
    hub = start_hub()
    ada = new_api(hub.base_url)
    await ada.register("ada")
    before = await ada.history(CHANNEL)
    with locked(hub):
        refused = asyncio.create_task(write(ada, "Refused"))
        assert await ada.history(CHANNEL) == before
        assert (await ada.request("GET", "/readyz")).status_code == 200
        check_refused(await refused, "busy")
        code, status, database = await ready(ada)
        assert (code, status) == (503, "read-only") and "busy" in database
        assert await ada.history(CHANNEL) == before
    async with asyncio.timeout(PATIENCE):
        while await ready(ada) != (200, "ready", "ok"):
            await asyncio.sleep(0.1)
    assert (await write(ada, "After")).status_code == 201
    assert not [title for title in await titles(ada) if title.startswith("Refused")]


async def test_a_lock_shorter_than_the_timeout_costs_time_only(start_hub: StartHub, new_api: NewApi) -> None:
    hub = start_hub()
    ada = new_api(hub.base_url)
    await ada.register("ada")
    with locked(hub):
        writing = asyncio.create_task(write(ada, "Patient"))
        await asyncio.sleep(0.5)
        assert not writing.done()
    assert (await writing).status_code == 201
    assert await ready(ada) == (200, "ready", "ok")
