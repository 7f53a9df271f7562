"""An older state of the database under the same epoch: nobody goes on from what is no longer there."""

import asyncio
import sqlite3
from contextlib import closing

import pytest

from tests.clients import Api, ChannelClient, ChannelState
from tests.conftest import NewApi, StartHub
from tests.drills.older_database import copy_of, put_back, stop_hard
from tests.services import RedisServer

CHANNEL = "denali"


async def refetch(client: ChannelClient, reader: Api) -> None:
    """As a page does after `recovered: false` or a `resync`."""
    history = await reader.history(CHANNEL)
    client.state = ChannelState.from_history(history)
    client.seq, client.epoch, client.mark = history["seq"], history["epoch"], history["mark"]


async def check_fresh(client: ChannelClient, reader: Api) -> None:
    """What the client has is what somebody who comes now would see."""
    fresh = await reader.history(CHANNEL)
    await client.wait_for_seq(fresh["seq"])
    client.state.presence = None
    assert client.state == ChannelState.from_history(fresh)


async def come_back(client: ChannelClient, reader: Api, writer: Api) -> None:
    welcome = await client.reconnect()
    assert not welcome["recovered"]
    await refetch(client, reader)
    await writer.post(CHANNEL, "After coming back")
    await check_fresh(client, reader)


@pytest.mark.parametrize("past", [0, 3, 40])
async def test_a_file_that_was_put_back_is_noticed_with_and_without_marks(
    start_hub: StartHub, new_api: NewApi, past: int
) -> None:
    hub = start_hub()
    ada, guest = new_api(hub.base_url), new_api(hub.base_url)
    await ada.register("ada")
    await ada.post(CHANNEL, "Before the copy")
    copy = copy_of(hub.database_path)
    start = await guest.history(CHANNEL)
    async with (
        ChannelClient(hub.ws_url, CHANNEL, history=start) as marked,
        ChannelClient(hub.ws_url, CHANNEL, history=start) as unmarked,
    ):
        for number in range(3):
            await ada.post(CHANNEL, f"Lost {number}")
        for client in (marked, unmarked):
            await client.wait_for_seq(start["seq"] + 3)
        stop_hard(hub)
        put_back(copy, hub.database_path)
        hub.start()
        await ada.login("ada")
        for number in range(past):
            await ada.post(CHANNEL, f"Another {number}")
        unmarked.mark = None
        for client in (marked, unmarked):
            await come_back(client, guest, ada)
        assert (await guest.history(CHANNEL))["epoch"] != start["epoch"]


@pytest.mark.parametrize("past", [0, 40])
async def test_a_machine_that_was_put_back_is_noticed_by_marks(start_hub: StartHub, new_api: NewApi, past: int) -> None:
    hub = start_hub()
    ada, guest = new_api(hub.base_url), new_api(hub.base_url)
    await ada.register("ada")
    copy = copy_of(hub.database_path)
    start = await guest.history(CHANNEL)
    async with (
        ChannelClient(hub.ws_url, CHANNEL, history=start) as client,
        ChannelClient(hub.ws_url, CHANNEL, history=start) as behind,
    ):
        await behind.drop()
        for number in range(3):
            await ada.post(CHANNEL, f"Lost {number}")
        await client.wait_for_seq(start["seq"] + 3)
        stop_hard(hub)
        put_back(copy, hub.database_path)
        for told in hub.database_path.parent.glob("*-told-*"):
            told.unlink()
        hub.start()
        await ada.login("ada")
        for number in range(past):
            await ada.post(CHANNEL, f"Another {number}")
        assert (await guest.history(CHANNEL))["epoch"] == start["epoch"]
        await come_back(client, guest, ada)
        # Who had seen nothing of what was lost goes on as ever.
        assert (await behind.reconnect())["recovered"]
        await check_fresh(behind, guest)
        assert "Lost" not in str(behind.frames)


async def test_running_workers_notice_a_log_that_went_back(
    start_hub: StartHub, redis: RedisServer, new_api: NewApi
) -> None:
    """As when a database's standby takes over that had not got the newest yet."""
    hub = start_hub(workers=2, redis=redis)
    ada, guest = new_api(hub.base_url), new_api(hub.base_url)
    await ada.register("ada")
    start = await guest.history(CHANNEL)
    clients = [ChannelClient(hub.ws_url, CHANNEL, history=start) for _ in range(6)]
    await asyncio.gather(*(client.connect() for client in clients))
    posts = [await ada.post(CHANNEL, f"Lost {number}") for number in range(3)]
    for client in clients:
        await client.wait_for_seq(start["seq"] + 3)
    with closing(sqlite3.connect(hub.database_path, timeout=10)) as database:
        where = f"channel_id = (SELECT id FROM channels WHERE slug = '{CHANNEL}')"
        database.execute(f"DELETE FROM event_log WHERE {where} AND seq > ?", (start["seq"] + 1,))
        database.execute("DELETE FROM posts WHERE id > ?", (posts[0]["id"],))
        database.execute("UPDATE channels SET seq = ?, posts = posts - 2 WHERE slug = ?", (start["seq"] + 1, CHANNEL))
        database.commit()
    for client in clients:
        await client.wait_for_type("resync")
        await refetch(client, guest)
    assert {client.epoch for client in clients} != {start["epoch"]}
    assert len({client.epoch for client in clients}) == 1
    await ada.post(CHANNEL, "After the standby has taken over")
    for client in clients:
        await check_fresh(client, guest)
        await client.close()
