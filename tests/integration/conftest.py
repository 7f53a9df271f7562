"""Staff of the shared hub, and channels that belong to one test."""

from collections.abc import AsyncIterator, Callable

import pytest_asyncio

from tests.clients import Api
from tests.conftest import NewApi
from tests.services import HubProcess


async def _staff(hub: HubProcess, role: str) -> Api:
    api = Api(hub.base_url)
    await api.register(f"staff-{role}")
    hub.run("user", "role", f"staff-{role}", role)
    await api.login(f"staff-{role}")
    return api


@pytest_asyncio.fixture(scope="session")
async def admin(hub: HubProcess) -> AsyncIterator[Api]:
    """An admin of the shared hub."""
    async with await _staff(hub, "admin") as api:
        yield api


@pytest_asyncio.fixture(scope="session")
async def moderator(hub: HubProcess) -> AsyncIterator[Api]:
    """A moderator of the shared hub."""
    async with await _staff(hub, "moderator") as api:
        yield api


@pytest_asyncio.fixture
async def ada(hub: HubProcess, new_api: NewApi, unique: Callable[[str], str]) -> Api:
    """A member of the shared hub, new for each test."""
    api = new_api(hub.base_url)
    await api.register(unique("ada"))
    return api


@pytest_asyncio.fixture
async def ben(hub: HubProcess, new_api: NewApi, unique: Callable[[str], str]) -> Api:
    """Another member of the shared hub."""
    api = new_api(hub.base_url)
    await api.register(unique("ben"))
    return api


@pytest_asyncio.fixture
async def guest(hub: HubProcess, new_api: NewApi) -> Api:
    """Somebody who is not logged in."""
    return new_api(hub.base_url)


@pytest_asyncio.fixture
async def park(admin: Api, unique: Callable[[str], str]) -> str:
    """A channel that only this test writes to."""
    slug = unique("park")
    await admin.call("POST", "/api/channels", json={"slug": slug, "name": "A park", "group": "Tests"})
    return slug
