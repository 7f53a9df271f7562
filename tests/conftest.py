"""Fixtures that give tests real parts: hub processes, Redis, nginx, PostgreSQL and Chromium.

Wait for things, never for time. Tests that share a hub make their own people (`unique("ada")`) and look
only at their own data; a test that kills, restarts or counts starts its own hub with `start_hub`.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from tests.clients import Api
from tests.services import HubProcess, NginxServer, PostgresCluster, RedisServer, find_program

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
_numbers = itertools.count(1)


class StartHub(Protocol):
    def __call__(
        self,
        *,
        workers: int = 1,
        redis: RedisServer | None = None,
        database_url: str | None = None,
        settings: Mapping[str, str] | None = None,
        start: bool = True,
    ) -> HubProcess: ...


class StartNginx(Protocol):
    def __call__(self, hub: HubProcess, *, certificate: tuple[Path, Path] | None = None) -> NginxServer: ...


class NewPage(Protocol):
    def __call__(self, **context_options: Any) -> Awaitable[Page]: ...


class NewApi(Protocol):
    def __call__(self, base_url: str) -> Api: ...


@pytest.fixture
def unique() -> Callable[[str], str]:
    """A name that no other test uses: `unique("ada")` → `ada17`."""
    return lambda name: f"{name}{next(_numbers)}"


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """The Redis of this run; tests ask for `redis`, which is this one, running and empty."""
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis(redis_server: RedisServer) -> Iterator[RedisServer]:
    """A running, empty Redis. A test may stop and start it; the next test finds it running again."""
    redis_server.start()
    redis_server.flush()
    yield redis_server
    redis_server.start()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresCluster]:
    """A private PostgreSQL cluster; `postgres.create_database()` gives the URL of a new empty database."""
    cluster = PostgresCluster()
    try:
        cluster.initialise()
        cluster.start()
        yield cluster
    finally:
        cluster.remove()


@pytest.fixture(scope="session")
def seeded_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the schema, the channels and the demo content; copied, never opened, by tests."""
    path = tmp_path_factory.mktemp("seed") / "hub.db"
    hub = HubProcess(path.parent, database_url=f"sqlite:///{path}")
    hub.run("migrate")
    hub.run("seed")
    return path


def _copy_database(source: Path, folder: Path) -> str:
    for part in ("", "-wal"):
        original = source.with_name(source.name + part)
        if original.exists():
            shutil.copy(original, folder / original.name)
    return f"sqlite:///{folder / source.name}"


@pytest.fixture
def start_hub(tmp_path: Path, seeded_database: Path) -> Iterator[StartHub]:
    """Starts hubs of the test's own: `start_hub(workers=2, redis=redis, settings={"HUB_LIMITS": "on"})`.

    Each gets a copy of the seeded SQLite file unless `database_url` is given (a PostgreSQL one is migrated
    and seeded). Two hubs on one database stand for two machines: pass `first.database_url` to the second.
    """
    started: list[HubProcess] = []

    def start(
        *,
        workers: int = 1,
        redis: RedisServer | None = None,
        database_url: str | None = None,
        settings: Mapping[str, str] | None = None,
        start: bool = True,
    ) -> HubProcess:
        folder = tmp_path / f"hub{len(started)}"
        folder.mkdir()
        url = database_url or _copy_database(seeded_database, folder)
        redis_url = redis.url if redis else ""
        hub = HubProcess(folder, database_url=url, redis_url=redis_url, workers=workers, settings=settings)
        started.append(hub)
        if url.startswith("postgresql"):
            hub.run("migrate")
            hub.run("seed")
        if start:
            hub.start()
        return hub

    yield start
    for hub in started:
        hub.stop()


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory, seeded_database: Path) -> Iterator[HubProcess]:
    """One hub that many tests share: one worker, SQLite, in-process broker, rate limits off."""
    folder = tmp_path_factory.mktemp("hub")
    process = HubProcess(folder, database_url=_copy_database(seeded_database, folder))
    process.start()
    yield process
    process.stop()


@pytest.fixture
def start_nginx(tmp_path: Path) -> Iterator[StartNginx]:
    """Starts the real nginx with the shipped configuration in front of a hub: `start_nginx(hub)`."""
    started: list[NginxServer] = []

    def start(hub: HubProcess, *, certificate: tuple[Path, Path] | None = None) -> NginxServer:
        folder = tmp_path / f"nginx{len(started)}"
        folder.mkdir()
        server = NginxServer(folder, upstream_port=hub.port, certificate=certificate)
        started.append(server)
        server.start()
        return server

    yield start
    for server in started:
        server.stop()


@pytest_asyncio.fixture
async def new_api() -> AsyncIterator[NewApi]:
    """Makes REST clients that are closed after the test: `ada = new_api(hub.base_url)`."""
    made: list[Api] = []

    def make(base_url: str) -> Api:
        made.append(Api(base_url))
        return made[-1]

    yield make
    for api in made:
        await api.close()


@pytest_asyncio.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Headless Chromium, shared by all tests; open pages with `new_page`."""
    flags = [*CHROMIUM_FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    found = next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=found or find_program("chromium"), headless=True, args=flags
        )
        yield chromium
        await chromium.close()


@pytest_asyncio.fixture
async def new_page(browser: Browser) -> AsyncIterator[NewPage]:
    """Opens windows of separate visitors: `page = await new_page(viewport={"width": 390, "height": 844})`.

    Takes Playwright's context options (`color_scheme="dark"`, `base_url=hub.base_url`, …). What a page logs
    or throws is printed, so that a failing test shows it.
    """
    contexts = []

    async def open_page(**context_options: Any) -> Page:
        context = await browser.new_context(**context_options)
        contexts.append(context)
        page = await context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: print(f"browser {message.type}: {message.text}"))
        page.on("pageerror", lambda error: print(f"browser threw: {error}"))
        return page

    yield open_page
    for context in contexts:
        # A request that a test answers itself may be under way; its end is nothing to that test any more.
        for page in context.pages:
            await page.unroute_all(behavior="ignoreErrors")
        await context.unroute_all(behavior="ignoreErrors")
        await context.close()


@pytest_asyncio.fixture
async def page(new_page: NewPage) -> Page:
    """One window of a visitor."""
    return await new_page()
