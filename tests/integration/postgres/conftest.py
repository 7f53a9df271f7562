"""The shared hub of these tests runs on PostgreSQL with two workers; its staff are of that hub."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.clients import Api
from tests.services import HubProcess, PostgresCluster, RedisServer


@pytest.fixture(scope="session")
def hub(
    tmp_path_factory: pytest.TempPathFactory, postgres: PostgresCluster, redis_server: RedisServer
) -> Iterator[HubProcess]:
    """One hub that the tests of this folder share."""
    folder = tmp_path_factory.mktemp("hub-on-postgres")
    process = HubProcess(folder, database_url=postgres.create_database(), redis_url=f"{redis_server.url}/7", workers=2)
    process.run("seed")
    process.start()
    yield process
    process.stop()


async def _staff(hub: HubProcess, role: str) -> Api:
    api = Api(hub.base_url)
    await api.register(f"staff-{role}")
    hub.run("user", "role", f"staff-{role}", role)
    await api.login(f"staff-{role}")
    return api


@pytest_asyncio.fixture(scope="session")
async def admin(hub: HubProcess) -> AsyncIterator[Api]:
    """An admin of this hub."""
    async with await _staff(hub, "admin") as api:
        yield api


@pytest_asyncio.fixture(scope="session")
async def moderator(hub: HubProcess) -> AsyncIterator[Api]:
    """A moderator of this hub."""
    async with await _staff(hub, "moderator") as api:
        yield api
