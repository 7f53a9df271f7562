"""Staff of the shared hub, channels that belong to one test, and a hub that is not running with a good backup of it."""

import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from hub.store.database import Database
from hub.store.engines import database_at
from tests.clients import Api
from tests.conftest import NewApi, StartHub
from tests.services import HubProcess

KEY = "a key of more than thirty-two bytes for these tests"


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


@pytest.fixture
def stopped(start_hub: StartHub) -> HubProcess:
    """A hub with a seeded database that is not running."""
    return start_hub(start=False, settings={"HUB_SECRET_KEYS": KEY})


@pytest.fixture(scope="session")
def backup(seeded_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good backup of the seeded database; tests take copies."""
    path = tmp_path_factory.mktemp("backup") / "saved.db"
    original = shutil.copy(seeded_database, path.with_name("hub.db"))
    HubProcess(path.parent, database_url=f"sqlite:///{original}").run("backup", str(path))
    return path


@pytest.fixture
def saved(backup: Path, tmp_path: Path) -> Path:
    """A copy of a good backup."""
    return Path(shutil.copy(backup, tmp_path / "saved.db"))


@pytest_asyncio.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """An open, empty database of each engine."""
    url = f"sqlite:///{tmp_path}/hub.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres").create_database()
    store = database_at(url, lambda _: None)
    await store.migrate()
    await store.open()
    yield store
    await store.close()
