"""The start: what is wrong is said in one line that names it, and nothing is left running."""

import asyncio
import socket
from pathlib import Path

import httpx
import pytest

from tests.clients import Api, ChannelClient, on_worker
from tests.conftest import StartHub
from tests.services import HubProcess, RedisServer, free_port, wait_until

KEY = "a key of more than thirty-two bytes for these tests"


def hub_with(folder: Path, **settings: str) -> HubProcess:
    return HubProcess(folder, database_url=f"sqlite:///{folder}/hub.db", settings=settings)


def complaint(hub: HubProcess, *arguments: str) -> str:
    """What a start that must fail says: one line, and no traceback."""
    done = hub.try_run("serve", *arguments)
    assert done.returncode != 0
    assert done.stdout == ""
    (line,) = done.stderr.strip().splitlines()
    return line


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HUB_BIND", "nowhere"),
        ("HUB_WORKERS", "many"),
        ("HUB_WORKERS", "2"),
        ("HUB_REDIS_URL", "localhost"),
        ("HUB_ENV", "staging"),
        ("HUB_LIMITS", "maybe"),
        ("HUB_SECRET_KEYS", "weak"),
        ("HUB_ALLOWED_ORIGINS", "*"),
        ("HUB_TRUSTED_PROXIES", "nginx"),
        ("HUB_DRAIN_SECONDS", "-1"),
        ("HUB_DATABASE_URL", "oracle://x"),
    ],
)
def test_a_wrong_setting_stops_the_start(tmp_path: Path, name: str, value: str) -> None:
    line = complaint(hub_with(tmp_path, **{name: value}))
    assert ("HUB_REDIS_URL" if value == "2" else name) in line


def test_production_refuses_what_is_for_development(tmp_path: Path) -> None:
    assert "HUB_SECRET_KEYS" in complaint(hub_with(tmp_path, HUB_ENV="production"))
    assert "HUB_LIMITS" in complaint(hub_with(tmp_path, HUB_ENV="production", HUB_SECRET_KEYS=KEY))


def test_a_database_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "rubbish.db").write_text("This is no database. " * 100)
    (tmp_path / "folder.db").mkdir()
    for path in ("rubbish.db", "folder.db"):
        hub = HubProcess(tmp_path, database_url=f"sqlite:///{tmp_path / path}")
        line = complaint(hub)
        assert "HUB_DATABASE_URL" in line and path in line
    assert (tmp_path / "rubbish.db").read_text().startswith("This is no database.")
    (tmp_path / "file").write_text("")
    assert f"{tmp_path}/file" in complaint(HubProcess(tmp_path, database_url=f"sqlite:///{tmp_path}/file/hub.db"))


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"127.0.0.1:{port}" in complaint(hub_with(tmp_path), "--bind", f"127.0.0.1:{port}")


async def test_workers_start_without_redis_and_find_it_when_it_comes(start_hub: StartHub, redis: RedisServer) -> None:
    redis.stop()
    hub = start_hub(workers=2, redis=redis)
    ready = httpx.get(f"{hub.base_url}/readyz", trust_env=False)
    assert (ready.status_code, ready.json()["broker"]) == (200, "away: the feeds go on from the log")
    async with ChannelClient(hub.ws_url, "denali") as client:
        assert client.welcome["channel"] == "denali"
    redis.start()

    async def says_connected() -> bool:
        async with Api(hub.base_url) as anybody:
            return (await anybody.request("GET", "/readyz")).json()["broker"] == "connected"

    async with asyncio.timeout(10):
        for index in range(hub.workers):
            while not await on_worker(hub, index, says_connected):
                await asyncio.sleep(0.1)


def test_the_second_hub_on_a_port_ends_and_the_first_goes_on(start_hub: StartHub, tmp_path: Path) -> None:
    first = start_hub()
    second = hub_with(tmp_path)
    assert "cannot listen" in complaint(second, "--bind", f"127.0.0.1:{first.port}")
    assert httpx.get(f"{first.base_url}/readyz", trust_env=False).status_code == 200


def test_the_address_is_printed_once_it_answers(tmp_path: Path) -> None:
    hub = hub_with(tmp_path)
    hub.port = free_port()
    hub.start()
    try:
        assert wait_until(lambda: f"Frostbyte Hub is at {hub.base_url}" in hub.log, 5)
    finally:
        assert hub.stop() == 0
