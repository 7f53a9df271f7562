"""People who go on in spite of trouble: writers that repeat until they are answered, readers on a chosen worker."""

import asyncio
import random
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import httpx
import pytest_asyncio

from tests.clients import Api, ChannelClient, connect_elsewhere
from tests.services import HubProcess

WriteAll = Callable[..., Awaitable[list[str]]]
OpenOn = Callable[..., Awaitable[ChannelClient]]


async def insist(api: Api, channel: str, title: str, *, comment: str = "Written in a drill.", tries: int = 200) -> None:
    """Write a post as the browser's outbox does: the same `client_id` again until there is an answer."""
    body = {"title": title, "comment": comment, "content": {}, "client_id": str(uuid.uuid4())}
    for _ in range(tries):
        try:
            answer = await api.request("POST", f"/api/channels/{channel}/posts", json=body)
            if answer.status_code in (200, 201):
                return
            assert answer.status_code in (502, 503), answer.text
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.05)
    raise AssertionError(f"{title} was not taken after {tries} tries")


async def write_all(writers: list[Api], channel: str, count: int, *, pause: float = 0.0) -> list[str]:
    """`count` posts by all writers at the same time; returns their titles."""
    titles = [f"Post {number}" for number in range(count)]
    waiting = list(titles)

    async def write(api: Api) -> None:
        while waiting:
            await insist(api, channel, waiting.pop(0))
            await asyncio.sleep(random.uniform(0, 2 * pause))

    await asyncio.gather(*(write(api) for api in writers))
    return titles


async def wander(client: ChannelClient, times: int, pause: float) -> None:
    """Lose the connection and come back, again and again, at random moments."""
    for _ in range(times):
        await asyncio.sleep(random.uniform(0, 2 * pause))
        await client.reconnect()


def check_whole(client: ChannelClient, first: int, titles: list[str]) -> None:
    """The client has every post, in the order of the numbers, once."""
    assert client.seqs == list(range(first + 1, first + len(titles) + 1))
    assert sorted(event["data"]["title"] for event in client.applied) == sorted(titles)
    assert client.repeats == []
    assert client.gaps == []


def worker_of(client: ChannelClient) -> str:
    """The worker that a client is connected to."""
    response = client.socket.response
    assert response is not None
    return response.headers["hub-worker"]


@pytest_asyncio.fixture
async def people() -> AsyncIterator[Callable[[HubProcess, int], Awaitable[list[Api]]]]:
    """Registers writers: `await people(hub, 5)`."""
    async with AsyncExitStack() as stack:

        async def register(hub: HubProcess, count: int) -> list[Api]:
            made = [await stack.enter_async_context(Api(hub.base_url)) for _ in range(count)]
            for number, api in enumerate(made):
                await api.register(f"writer{number}")
            return made

        yield register


@pytest_asyncio.fixture
async def open_on() -> AsyncIterator[OpenOn]:
    """Opens a client, on another worker than one that is named: `await open_on(hub, "denali", history, avoid=name)`."""
    async with AsyncExitStack() as stack:

        async def open_client(
            hub: HubProcess, channel: str, history: dict[str, object], avoid: str = ""
        ) -> ChannelClient:
            client = ChannelClient(hub.ws_url, channel, history=history)
            if avoid:
                await connect_elsewhere(hub, client, avoid)
            else:
                await client.connect()
            stack.push_async_callback(client.close)
            return client

        yield open_client
