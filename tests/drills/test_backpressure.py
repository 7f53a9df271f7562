"""Phones that stop reading: the others are not slowed, nothing is lost, memory stays bounded."""

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import Awaitable, Callable
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.clients import Api
from tests.conftest import StartHub
from tests.drills.conftest import OpenOn, check_whole
from tests.services import HubProcess

CHANNEL = "denali"
People = Callable[[HubProcess, int], Awaitable[list[Api]]]


async def phone(hub: HubProcess, history: dict[str, Any]) -> ClientConnection:
    """A socket with small buffers that says hello and reads nothing that nobody asks it for."""
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 * 1024)
    plain.connect(("127.0.0.1", hub.port))
    plain.setblocking(False)
    client = await connect(
        f"{hub.ws_url}/ws/channels/{CHANNEL}", sock=plain, compression=None, max_queue=1, ping_interval=None
    )
    hello = {"type": "hello", "since": history["seq"], "epoch": history["epoch"]}
    await client.send(json.dumps(hello))
    return client


async def durable_events(client: ClientConnection, until: int) -> list[dict[str, Any]]:
    """Read on until the event `until`; those with a number."""
    events: list[dict[str, Any]] = []
    async with asyncio.timeout(20):
        while not events or events[-1]["seq"] < until:
            frame = json.loads(await client.recv())
            assert frame["type"] != "resync"
            if "seq" in frame and frame["type"] not in ("welcome", "heartbeat"):
                events.append(frame)
    return events


async def write_much(writers: list[Api], count: int) -> list[str]:
    """Posts of 12 KB, so that they fill every buffer on the way."""
    titles = [f"Big {number}" for number in range(count)]
    waiting = list(titles)

    async def write(api: Api) -> None:
        while waiting:
            await api.post(CHANNEL, waiting.pop(0), "x" * 4_000, content={"notes": "y" * 8_000})

    await asyncio.gather(*(write(api) for api in writers))
    return titles


def memory_of(pid: int) -> int:
    """Resident memory in bytes."""
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * 4096


async def test_who_stops_reading_for_20_seconds_gets_everything_once_and_who_stays_away_is_closed(
    start_hub: StartHub, people: People, open_on: OpenOn
) -> None:
    hub = start_hub()
    writers = await people(hub, 4)
    history = await writers[0].history(CHANNEL)
    reader = await open_on(hub, CHANNEL, history)
    pausing, away = await phone(hub, history), await phone(hub, history)
    memory = memory_of(hub.worker_pids[0])
    began = time.monotonic()
    titles = await write_much(writers, 800)
    last = history["seq"] + len(titles)
    await reader.wait_for_seq(last, 5)
    check_whole(reader, history["seq"], titles)
    assert memory_of(hub.worker_pids[0]) - memory < 64 * 1024 * 1024

    await asyncio.sleep(max(0.0, 20 - (time.monotonic() - began)))
    events = await durable_events(pausing, last)
    assert [event["seq"] for event in events] == list(range(history["seq"] + 1, last + 1))
    await pausing.close()

    await asyncio.sleep(max(0.0, 36 - (time.monotonic() - began)))
    with contextlib.suppress(ConnectionClosed):
        async with asyncio.timeout(20):
            while True:
                await away.recv()
    assert away.close_code in (4508, 1006)
    assert "code=4508" in hub.log
