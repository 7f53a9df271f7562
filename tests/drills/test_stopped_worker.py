"""A worker that stood still must not undo what another one has acknowledged meanwhile."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from hub.waiting import STANDSTILL_SECONDS
from tests.clients import Api, on_worker
from tests.conftest import NewApi, StartHub
from tests.services import HubProcess, RedisServer, worker_index

ROUNDS = 6
NEWER = "The newer words."
OLDER = "The older words."


@asynccontextmanager
async def connection_to(hub: HubProcess, api: Api, index: int) -> AsyncIterator[httpx.AsyncClient]:
    """One kept connection to the worker with this index."""
    client = httpx.AsyncClient(
        base_url=hub.base_url,
        headers={"Authorization": f"Bearer {api.token}"},
        limits=httpx.Limits(max_connections=1),
        trust_env=False,
        timeout=20,
    )
    async with client:
        answer = await on_worker(hub, index, lambda: client.get("/healthz"))
        assert answer.json()["worker"].startswith(f"{index}-")
        yield client


async def edit(client: httpx.AsyncClient, post_id: int, words: str) -> httpx.Response:
    return await client.put(f"/api/posts/{post_id}", json={"title": "Snow", "comment": words})


async def test_an_edit_that_a_stopped_worker_finds_unread_does_not_win(
    start_hub: StartHub, redis: RedisServer, new_api: NewApi
) -> None:
    hub = start_hub(workers=2, redis=redis)
    ada = new_api(hub.base_url)
    await ada.register("ada")
    for round_ in range(ROUNDS):
        post = await ada.post("denali")
        async with connection_to(hub, ada, 0) as first, connection_to(hub, ada, 1) as second:
            stopped = next(pid for pid in hub.worker_pids if worker_index(pid) == 0)
            os.kill(stopped, signal.SIGSTOP)
            older = asyncio.create_task(edit(first, post["id"], f"{OLDER} {round_}"))
            # How long it stands still is what this is about: longer than anybody would wait for an answer.
            await asyncio.sleep(STANDSTILL_SECONDS + 0.4)
            if round_ % 2:
                older.cancel()
            newer = await edit(second, post["id"], f"{NEWER} {round_}")
            assert newer.status_code == 200, newer.text
            with contextlib.suppress(ProcessLookupError):
                os.kill(stopped, signal.SIGCONT)
            answered = (await asyncio.gather(older, return_exceptions=True))[0]
            if isinstance(answered, httpx.Response):
                assert answered.status_code == 503, answered.text
                assert int(answered.headers["Retry-After"]) >= 1
            async with connection_to(hub, ada, 0) as first_again:
                await first_again.get("/readyz")
                found = (await first_again.get(f"/api/posts/{post['id']}")).json()
        assert found["comment"] == f"{NEWER} {round_}"


async def test_an_edit_that_was_under_way_when_its_worker_stopped_does_not_win(
    start_hub: StartHub, redis: RedisServer, new_api: NewApi
) -> None:
    hub = start_hub(workers=2, redis=redis)
    ada = new_api(hub.base_url)
    await ada.register("ada")
    post = await ada.post("denali")
    async with connection_to(hub, ada, 0) as first, connection_to(hub, ada, 1) as second:
        for round_ in range(ROUNDS):
            stopped = next(pid for pid in hub.worker_pids if worker_index(pid) == 0)
            older = asyncio.create_task(edit(first, post["id"], OLDER))
            await asyncio.sleep(0.001 * round_)
            os.kill(stopped, signal.SIGSTOP)
            await asyncio.sleep(STANDSTILL_SECONDS + 0.4)
            newer = await edit(second, post["id"], f"{NEWER} {round_}")
            with contextlib.suppress(ProcessLookupError):
                os.kill(stopped, signal.SIGCONT)
            await asyncio.gather(older, return_exceptions=True)
            found = (await second.get(f"/api/posts/{post['id']}")).json()
            if newer.status_code == 200:
                # Whoever had the lock when it stopped was first, and the newer edit had to wait for it.
                assert found["comment"] == f"{NEWER} {round_}"
