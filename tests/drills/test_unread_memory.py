"""Clients that ask for much and read nothing: what waits for them is bounded, whoever and however many they are."""

import asyncio
import contextlib
import socket
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from websockets.frames import Frame, Opcode

from tests.clients import Api, ChannelClient, ChatClient
from tests.conftest import StartHub
from tests.services import HubProcess

CHANNEL = "denali"
SOCKETS = 190
EVENTS = 1_000
JUST_WORTH_IT = 75
MEBIBYTE = 1024 * 1024
People = Callable[[HubProcess, int], Awaitable[list[Api]]]


def memory_of(pid: int) -> int:
    """Resident memory in bytes."""
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * 4096


def deaf(hub: HubProcess, path: str, hello: dict[str, Any]) -> socket.socket:
    """A websocket with the smallest buffers that says hello and never reads."""
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    plain.connect(("127.0.0.1", hub.port))
    request = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{hub.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    frame = Frame(Opcode.TEXT, msgspec.json.encode({"type": "hello", **hello}))
    plain.sendall(request.encode())
    assert plain.recv(600).startswith(b"HTTP/1.1 101")
    plain.sendall(frame.serialize(mask=True, extensions=[]))
    return plain


async def largest_memory(pid: int, seconds: float) -> int:
    """The largest resident memory within the next seconds."""
    largest = 0
    for _ in range(int(seconds / 0.05)):
        largest = max(largest, memory_of(pid))
        await asyncio.sleep(0.05)
    return largest


async def write_large(writers: list[Api], channel: str, count: int) -> None:
    """Posts of 8 KB content and 4,000 characters of text."""
    waiting = list(range(count))

    async def write(api: Api) -> None:
        while waiting:
            await api.post(channel, f"Large {waiting.pop()}", "x" * 4_000, content={"notes": "y" * 8_000})

    await asyncio.gather(*(write(api) for api in writers))


async def grown_by(hub: HubProcess, paths_and_hellos: list[tuple[str, dict[str, Any]]]) -> int:
    """By how many bytes the worker grows while these sockets are open and nobody reads; the largest in 6 seconds."""
    pid = hub.worker_pids[0]
    before = memory_of(pid)
    sockets = [await asyncio.to_thread(deaf, hub, path, hello) for path, hello in paths_and_hellos]
    grown = await largest_memory(pid, 6) - before
    print(f"{len(sockets)} sockets: from {before / MEBIBYTE:.0f} MiB by {grown / MEBIBYTE:.0f} MiB")
    for one in sockets:
        one.close()
    return grown


async def test_190_sockets_that_read_nothing_of_large_replays_cost_little_memory(
    start_hub: StartHub, people: People
) -> None:
    hub = start_hub()
    writers = await people(hub, 4)
    history = await writers[0].history(CHANNEL)
    await write_large(writers, CHANNEL, EVENTS)
    hub.stop()
    hub.settings["HUB_LIMITS"] = "on"
    hub.start()
    first, epoch = history["seq"], history["epoch"]
    path = f"/ws/channels/{CHANNEL}"
    # So much that it is not worth sending, and then nearly that much: from one place, and each from its own.
    for sinces in (
        [first] * SOCKETS,
        [first + EVENTS - JUST_WORTH_IT] * SOCKETS,
        [first + EVENTS - 1 - number % JUST_WORTH_IT for number in range(SOCKETS)],
    ):
        hellos = [(path, {"since": since, "epoch": epoch}) for since in sinces]
        assert await grown_by(hub, hellos) < 64 * MEBIBYTE
        # A fresh worker has the whole of its memory, and of what one address may open, before it.
        hub.stop()
        hub.start()
    async with ChannelClient(hub.ws_url, CHANNEL) as client:
        client.seq, client.epoch, client.mark = first, epoch, None
        assert not (await client.reconnect())["recovered"]
        client.seq, client.mark = first + EVENTS - JUST_WORTH_IT, None
        assert (await client.reconnect())["recovered"]
        await client.wait_for_seq(first + EVENTS)
        assert client.seqs[-JUST_WORTH_IT:] == list(range(first + EVENTS - JUST_WORTH_IT + 1, first + EVENTS + 1))


def fill_conversation(hub: HubProcess, conversation: int, count: int) -> None:
    """Questions of 4,000 characters, each with a very long answer: more than the kernel's buffers take."""
    with contextlib.closing(sqlite3.connect(hub.database_path)) as database, database:
        for _ in range(count):
            asked = database.execute(
                """INSERT INTO messages (conversation_id, role, text, status, created_at, updated_at)
                VALUES (?, 'user', ?, 'done', '', '') RETURNING id""",
                (conversation, "x" * 4_000),
            ).fetchone()[0]
            database.execute(
                """INSERT INTO messages (conversation_id, role, text, status, question_id, created_at, updated_at)
                VALUES (?, 'ranger', ?, 'done', ?, '', '')""",
                (conversation, "y" * 40_000, asked),
            )


async def test_190_sockets_that_read_nothing_of_a_long_chat_cost_little_memory(
    start_hub: StartHub, people: People
) -> None:
    hub = start_hub()
    (ada,) = await people(hub, 1)
    conversation = (await ada.call("POST", "/api/chat/conversations", json={}))["id"]
    hub.stop()
    fill_conversation(hub, conversation, 100)
    hub.start()
    hello = (f"/ws/chat/{conversation}", {"token": ada.token})
    assert await grown_by(hub, [hello] * SOCKETS) < 64 * MEBIBYTE
    async with ChatClient(hub.ws_url, conversation, ada.token) as chat:
        assert 10 < len(chat.welcome["messages"]) < 50
        await chat.ask("How much water should I carry?")
