"""A hub whose ranger asks a local server that speaks Gemini's wire, and people who talk with it."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.clients import Api, ChatClient
from tests.conftest import NewApi, _copy_database
from tests.gemini_server import (
    GeminiServer,
)
from tests.services import HubProcess, RedisServer


@pytest_asyncio.fixture(scope="package")
async def gemini() -> AsyncIterator[GeminiServer]:
    async with GeminiServer() as server:
        yield server


@pytest.fixture(scope="package")
def hub(tmp_path_factory: pytest.TempPathFactory, seeded_database: Path, gemini: GeminiServer) -> Iterator[HubProcess]:
    """A hub whose ranger asks the local server."""
    folder = tmp_path_factory.mktemp("ranger")
    process = HubProcess(folder, database_url=_copy_database(seeded_database, folder), settings=gemini.settings)
    process.start()
    yield process
    process.stop()


@pytest_asyncio.fixture
async def ada(hub: HubProcess, new_api: NewApi, unique: Callable[[str], str]) -> Api:
    api = new_api(hub.base_url)
    await api.register(unique("ada"))
    return api


@pytest_asyncio.fixture
async def ben(hub: HubProcess, new_api: NewApi, unique: Callable[[str], str]) -> Api:
    api = new_api(hub.base_url)
    await api.register(unique("ben"))
    return api


@pytest_asyncio.fixture
async def chat(hub: HubProcess, ada: Api) -> AsyncIterator[ChatClient]:
    """A socket on a new conversation of Ada's."""
    async with await talk(hub, ada) as client:
        yield client


async def begin(api: Api, **fields: Any) -> int:
    made = await api.call("POST", "/api/chat/conversations", json=fields, expect=[201])
    number: int = made["id"]
    return number


async def talk(hub: HubProcess, api: Api, **fields: Any) -> ChatClient:
    return ChatClient(hub.ws_url, await begin(api, **fields), api.token)


def conversation_of(chat: ChatClient) -> int:
    return int(chat.url.rpartition("/")[2])


async def stored(api: Api, conversation: int) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = (await api.call("GET", f"/api/chat/conversations/{conversation}"))["messages"]
    return messages


def strictly(chat: ChatClient) -> None:
    assert (chat.repeats, chat.gaps, chat.corrected) == ([], [], [])


@pytest_asyncio.fixture(scope="package")
async def pair(
    tmp_path_factory: pytest.TempPathFactory,
    seeded_database: Path,
    gemini: GeminiServer,
    redis_server: RedisServer,
) -> AsyncIterator[HubProcess]:
    """A hub with two workers."""
    redis_server.start()
    folder = tmp_path_factory.mktemp("pair")
    process = HubProcess(
        folder,
        database_url=_copy_database(seeded_database, folder),
        redis_url=redis_server.url,
        workers=2,
        settings=gemini.settings,
    )
    process.start()
    yield process
    process.stop()


@pytest_asyncio.fixture
async def cy(pair: HubProcess, new_api: NewApi, unique: Callable[[str], str]) -> Api:
    api = new_api(pair.base_url)
    await api.register(unique("cy"))
    return api
