"""Clients on a certain worker: left alone, the kernel may give a hundred connections in a row to one of them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tests.clients.channel import ChannelClient
from tests.clients.chat import ChatClient
from tests.services import HubProcess

T = TypeVar("T")
ATTEMPT_SECONDS = 1.0
ATTEMPTS = 20


async def on_worker(hub: HubProcess, index: int, attempt: Callable[[], Awaitable[T]]) -> T:
    """What `attempt` gives when it runs while no other worker takes connections.

    `attempt` may run several times: on a busy machine one that takes a second begins again.

    Raises:
        AssertionError: the worker did not answer.
    """
    for _ in range(ATTEMPTS):
        try:
            with hub.only_worker(index):
                async with asyncio.timeout(ATTEMPT_SECONDS):
                    return await attempt()
        except (TimeoutError, OSError):
            await asyncio.sleep(0.1)
    raise AssertionError(f"worker {index} did not answer")


async def one_on_each_worker(hub: HubProcess, channel: str, *, token: str | None = None) -> list[ChannelClient]:
    """Connected clients, one on each worker."""

    async def connected() -> ChannelClient:
        client = ChannelClient(hub.ws_url, channel, token=token)
        await client.connect()
        return client

    return [await on_worker(hub, index, connected) for index in range(hub.workers)]


async def connect_elsewhere(hub: HubProcess, client: ChannelClient | ChatClient, worker: str) -> None:
    """Connect a client to a worker other than the one with this name."""
    taken = int(worker.partition("-")[0])
    await on_worker(hub, next(index for index in range(hub.workers) if index != taken), client.connect)
