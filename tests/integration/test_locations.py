"""Where people are: shared, seen, gone, on every worker, with nothing left of it."""

import asyncio
import math
import re
import sqlite3
import struct
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.geo import HEIGHT, snap
from hub.model import rfc3339
from tests.clients import Api, ChannelClient, one_on_each_worker
from tests.conftest import NewApi, StartHub
from tests.services import HubProcess, RedisServer

HERE = {"latitude": 63.123456, "longitude": -151.654321, "precision": "exact"}


def location_in(client: ChannelClient, username: str) -> dict[str, Any] | None:
    """Where a client sees a member."""
    return client.state.locations.get(username)


async def test_a_location_is_shared_read_changed_and_removed(ada: Api, guest: Api, park: str) -> None:
    path = f"/api/channels/{park}/location"
    assert (await ada.request("GET", path)).status_code == 404
    shared = await ada.call("PUT", path, json=HERE)
    assert (shared["latitude"], shared["longitude"]) == (63.123456, -151.654321)
    assert shared["precision"] == "exact"
    assert await ada.call("GET", path) == shared
    name = shared["username"]
    assert await guest.call("GET", f"/api/channels/{park}/locations/{name}") == shared
    assert (await guest.call("GET", f"/api/channels/{park}/locations"))["items"] == [shared]
    assert (await guest.history(park))["locations"] == [shared]
    moved = await ada.call("PUT", path, json={**HERE, "latitude": 64})
    assert moved["id"] == shared["id"]
    await ada.call("DELETE", path)
    assert (await guest.history(park))["locations"] == []
    assert (await ada.request("DELETE", path)).status_code == 404


async def test_moving_does_not_put_off_the_end_and_asking_for_another_does(ada: Api, park: str) -> None:
    path = f"/api/channels/{park}/location"
    first = await ada.call("PUT", path, json={**HERE, "expires_in": 7200})
    moved = await ada.call("PUT", path, json={**HERE, "latitude": 64})
    assert moved["expires_at"] == first["expires_at"]
    sooner = await ada.call("PUT", path, json={**HERE, "expires_in": 900})
    assert sooner["expires_at"] < first["expires_at"]


async def test_two_workers_see_a_location_move_and_go(start_hub: StartHub, redis: RedisServer, new_api: NewApi) -> None:
    hub = start_hub(workers=2, redis=redis)
    ada = new_api(hub.base_url)
    await ada.register("ada")
    watchers = await one_on_each_worker(hub, "denali")
    async with ChannelClient(hub.ws_url, "denali", token=ada.token) as sharing:
        answer = await sharing.ask({"type": "location.set", **HERE})
        assert answer["type"] == "ack"
        for watcher in watchers:
            await watcher.wait_for(lambda w=watcher: location_in(w, "ada") is not None, 3)
        await sharing.ask({"type": "location.set", **HERE, "latitude": 64})
        for watcher in watchers:
            await watcher.wait_for(lambda w=watcher: (location_in(w, "ada") or {}).get("latitude") == 64, 4)
        late = ChannelClient(hub.ws_url, "denali")
        welcome = await late.connect()
        assert [location["username"] for location in welcome["locations"]] == ["ada"]
        await sharing.ask({"type": "location.clear"})
        for watcher in [*watchers, late]:
            await watcher.wait_for(lambda w=watcher: location_in(w, "ada") is None, 3)
            await watcher.close()


async def test_a_hundred_positions_a_second_cost_the_others_one_a_second(ada: Api, park: str, hub: HubProcess) -> None:
    async with ChannelClient(hub.ws_url, park, token=ada.token) as sharing, ChannelClient(hub.ws_url, park) as watcher:
        began = time.monotonic()
        for step in range(150):
            await sharing.send({"type": "location.set", **HERE, "latitude": step / 10})
            await asyncio.sleep(max(0, began + step / 100 - time.monotonic()))
        await watcher.wait_for(lambda: any(at.get("latitude") == 14.9 for at in watcher.state.locations.values()), 4)
        told = [frame for frame in watcher.frames if frame["type"] == "location.updated"]
        assert len(told) <= 2 + time.monotonic() - began
        assert [frame["data"]["latitude"] for frame in told] == sorted(frame["data"]["latitude"] for frame in told)


async def test_without_redis_the_other_worker_sees_it_within_two_seconds(
    start_hub: StartHub, redis: RedisServer, new_api: NewApi
) -> None:
    hub = start_hub(workers=2, redis=redis)
    ada = new_api(hub.base_url)
    await ada.register("ada")
    watchers = await one_on_each_worker(hub, "denali")
    redis.stop()
    began = time.monotonic()
    await ada.call("PUT", "/api/channels/denali/location", json=HERE)
    for watcher in watchers:
        await watcher.wait_for(lambda w=watcher: location_in(w, "ada") is not None, 5)
    assert time.monotonic() - began < 2.5
    await ada.call("DELETE", "/api/channels/denali/location")
    for watcher in watchers:
        await watcher.wait_for(lambda w=watcher: location_in(w, "ada") is None, 5)
        await watcher.close()


async def test_the_exact_point_of_an_area_is_never_stored_or_sent(start_hub: StartHub, new_api: NewApi) -> None:
    hub = start_hub()
    ada = new_api(hub.base_url)
    await ada.register("ada")
    point = {"latitude": 63.1237891, "longitude": -151.6541239}
    async with ChannelClient(hub.ws_url, "denali", token=ada.token) as watcher:
        shared = await ada.call("PUT", "/api/channels/denali/location", json=point)
        assert (shared["latitude"], shared["longitude"]) == snap(**point)
        await watcher.ask({"type": "location.set", **point})
        await watcher.wait_for(lambda: location_in(watcher, "ada") is not None)
        assert not any("63.123" in str(frame) or "151.654" in str(frame) for frame in watcher.frames)
        history = await ada.history("denali")
        assert "63.123" not in str(history)
    assert not re.search("63\\.123|151\\.654", hub.log)
    hub.stop()
    assert not any(b"63.123" in data or b"151.654" in data for data in stored(hub.database_path))


async def test_of_an_area_others_hear_once_and_of_another_one_late(
    start_hub: StartHub, redis: RedisServer, new_api: NewApi
) -> None:
    hub = start_hub(workers=2, redis=redis)
    ada = new_api(hub.base_url)
    await ada.register("ada")
    watchers = await one_on_each_worker(hub, "denali")
    border = 3400 * HEIGHT - 90
    async with ChannelClient(hub.ws_url, "denali", token=ada.token) as sharing:
        for step in range(60):
            noise = math.sin(step * 7.3) * 1e-4
            await sharing.ask({"type": "location.set", "latitude": border + noise, "longitude": -151 - noise})
            await asyncio.sleep(0.05)
        await ada.call("PUT", "/api/channels/denali/location", json={"latitude": border + 1, "longitude": -151})
        for watcher in watchers:
            await watcher.wait_for(lambda w=watcher: location_in(w, "ada") is not None, 4)
        with closing(sqlite3.connect(hub.database_path)) as database:
            [(due,)] = database.execute("SELECT due_at FROM areas").fetchall()
            late = datetime.fromisoformat(due) - datetime.now(UTC)
            assert timedelta(seconds=50) < late < timedelta(seconds=301)
            database.execute("UPDATE areas SET due_at = ?", (rfc3339(datetime.now(UTC)),))
            database.commit()
        for watcher in watchers:
            await watcher.wait_for(lambda w=watcher: (location_in(w, "ada") or {})["latitude"] > border + 0.9, 4)
            told = [frame for frame in watcher.frames if frame["type"] == "location.updated"]
            assert len(told) == 2
            await watcher.close()


def stored(database: Path) -> list[bytes]:
    """The bytes of the database's files, positions written as text or not."""
    return [file.read_bytes() for file in database.parent.glob(f"{database.name}*")]


async def test_a_history_is_unchanged_only_while_its_locations_are(ada: Api, ben: Api, guest: Api, park: str) -> None:
    path, history = f"/api/channels/{park}/location", f"/api/channels/{park}/history"
    seen = (await guest.request("GET", history)).headers["etag"]
    for who, method in ((ada, "PUT"), (ben, "PUT"), (ada, "PUT"), (ada, "DELETE"), (ben, "DELETE")):
        await who.call(method, path, json=HERE if method == "PUT" else None)
        changed = await guest.request("GET", history, headers={"If-None-Match": seen})
        assert changed.status_code == 200
        seen = changed.headers["etag"]
        assert (await guest.request("GET", history, headers={"If-None-Match": seen})).status_code == 304


async def test_what_ended_while_the_hub_was_away_is_erased_when_it_is_back(
    start_hub: StartHub, new_api: NewApi
) -> None:
    hub = start_hub()
    ada = new_api(hub.base_url)
    await ada.register("ada")
    await ada.call("PUT", "/api/channels/denali/location", json=HERE)
    hub.stop()
    with closing(sqlite3.connect(hub.database_path)) as database:
        database.execute("UPDATE locations SET expires_at = '2026-01-01T00:00:00.000000Z'")
        database.commit()
    hub.start()
    with closing(sqlite3.connect(hub.database_path)) as database:
        await eventually(lambda: database.execute("SELECT COUNT(*) FROM locations").fetchone() == (0,))
    hub.stop()
    assert not any(struct.pack(">d", HERE["latitude"]) in data for data in stored(hub.database_path))


async def test_a_backup_does_not_say_where_anybody_was(start_hub: StartHub, new_api: NewApi, tmp_path: Path) -> None:
    hub = start_hub()
    ada = new_api(hub.base_url)
    await ada.register("ada")
    await ada.call("PUT", "/api/channels/denali/location", json=HERE)
    await ada.call("PUT", "/api/channels/zion/location", json={**HERE, "precision": "area"})
    hub.run("backup", str(tmp_path / "copy.db"))
    assert struct.pack(">d", HERE["latitude"]) not in (tmp_path / "copy.db").read_bytes()
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        [(secret, *cell)] = copy.execute(
            "SELECT secret, shown_row, next_row, due_at, changed_at, shown_until FROM areas"
        )
        assert (len(secret), cell) == (32, [None, None, None, "", ""])
    assert (await ada.history("denali"))["locations"] != []


async def eventually(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(8):
        while not holds():
            await asyncio.sleep(0.05)


async def test_a_location_takes_no_number_and_is_in_no_log(ada: Api, park: str, hub: HubProcess) -> None:
    before = await ada.history(park)
    await ada.call("PUT", f"/api/channels/{park}/location", json=HERE)
    after = await ada.history(park)
    assert (after["seq"], after["epoch"]) == (before["seq"], before["epoch"])
    async with ChannelClient(hub.ws_url, park, history=before) as client:
        assert client.applied == []


@pytest.mark.parametrize(
    "body",
    [
        {"latitude": 91, "longitude": 0},
        {"latitude": 0, "longitude": 181},
        {"latitude": "63", "longitude": 0},
        {"latitude": 63},
        {"latitude": 63, "longitude": 0, "precision": "roughly"},
        {"latitude": 63, "longitude": 0, "expires_in": 60},
        {"latitude": 63, "longitude": 0, "expires_in": 90_000},
        {"latitude": 63, "longitude": 0, "height": 3},
        {"latitude": None, "longitude": 0},
    ],
)
async def test_what_is_no_location_is_refused(ada: Api, park: str, body: dict[str, Any]) -> None:
    answer = await ada.request("PUT", f"/api/channels/{park}/location", json=body)
    assert answer.status_code == 422
    assert (await ada.history(park))["locations"] == []


async def test_stopping_what_is_not_shared_is_no_write_and_no_event(start_hub: StartHub, new_api: NewApi) -> None:
    hub = start_hub(settings={"HUB_LIMITS": "on"})
    ada = new_api(hub.base_url)
    await ada.register("ada")
    async with (
        ChannelClient(hub.ws_url, "denali", token=ada.token) as sharing,
        ChannelClient(hub.ws_url, "denali") as watcher,
    ):
        with closing(sqlite3.connect(hub.database_path)) as database:
            version = database.execute("PRAGMA data_version").fetchone()
            answers = [await sharing.ask({"type": "location.clear"}) for _ in range(20)]
            statuses = [(await ada.request("DELETE", "/api/channels/zion/location")) for _ in range(5)]
            assert database.execute("PRAGMA data_version").fetchone() == version
        refused = [answer for answer in answers if answer["type"] == "error"]
        assert {answer["code"] for answer in refused} == {"too_many"}
        assert len(refused) >= 15
        assert all(answer["retry_after"] >= 1 for answer in refused)
        assert {answer.status_code for answer in statuses} <= {404, 429}
        assert all(int(answer.headers["Retry-After"]) >= 1 for answer in statuses if answer.status_code == 429)
        await sharing.ask({"type": "ping"})
        assert not [frame for frame in watcher.frames if frame["type"].startswith("location")]


async def test_numbers_that_are_none_are_refused(ada: Api, park: str) -> None:
    for number in ("NaN", "Infinity", "1e999"):
        content = f'{{"latitude": {number}, "longitude": 0}}'.encode()
        headers = {"Content-Type": "application/json"}
        answer = await ada.request("PUT", f"/api/channels/{park}/location", content=content, headers=headers)
        assert answer.status_code in (400, 422)


async def test_a_bad_position_on_the_socket_is_an_error_and_the_socket_stays(
    ada: Api, park: str, hub: HubProcess
) -> None:
    async with ChannelClient(hub.ws_url, park, token=ada.token) as client:
        answer = await client.ask({"type": "location.set", "latitude": 95, "longitude": 0})
        assert answer["type"] == "error"
        assert answer["code"] == "invalid"
        assert "latitude" in answer["message"]
        assert (await client.ask({"type": "ping"}))["type"] == "pong"


async def test_a_guest_cannot_share(park: str, hub: HubProcess, guest: Api) -> None:
    assert (await guest.request("PUT", f"/api/channels/{park}/location", json=HERE)).status_code == 401
    async with ChannelClient(hub.ws_url, park) as client:
        assert (await client.ask({"type": "location.set", **HERE}))["code"] == "forbidden"


async def test_others_cannot_remove_a_location_and_moderators_can(
    ada: Api, ben: Api, moderator: Api, park: str
) -> None:
    shared = await ada.call("PUT", f"/api/channels/{park}/location", json=HERE)
    path = f"/api/locations/{shared['id']}"
    assert (await ben.request("DELETE", path)).status_code == 404
    await moderator.call("DELETE", path)
    assert (await ada.request("GET", f"/api/channels/{park}/location")).status_code == 404


async def test_a_deleted_account_is_on_no_map(
    ada: Api, guest: Api, park: str, hub: HubProcess, unique: Callable[[str], str]
) -> None:
    shared = await ada.call("PUT", f"/api/channels/{park}/location", json=HERE)
    async with ChannelClient(hub.ws_url, park) as watcher:
        assert location_in(watcher, shared["username"]) is not None
        await ada.call("DELETE", "/api/auth/me", json={"password": "correct horse battery"})
        await watcher.wait_for(lambda: location_in(watcher, shared["username"]) is None, 3)
    assert (await guest.history(park))["locations"] == []
