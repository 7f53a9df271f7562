"""Clients that take for ever: they are told so and let go, on a real server whose patience is short."""

import asyncio
import gc
import json
import socket
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from quart import Quart, Response, request

from hub import connections, server
from hub.connections import Debt
from hub.listener import listening_socket
from hub.server import serve

POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
LARGE = b"x" * 30_000_000


@pytest_asyncio.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """A server with an app that reads bodies and gives large answers."""
    monkeypatch.setattr(connections, "SECONDS", dict.fromkeys(Debt, 0.5))
    monkeypatch.setattr(connections, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(server, "_settle_collector", gc.collect)
    app = Quart("slow")

    @app.post("/")
    async def take() -> Response:
        return Response(str(len(await request.get_data())))

    @app.get("/large")
    async def give() -> Response:
        return Response(LARGE)

    listener = listening_socket("127.0.0.1", 0)
    ready, stopping = asyncio.Event(), asyncio.Event()

    async def stop() -> None:
        await stopping.wait()

    async def drain(_: float) -> None:
        return

    task = asyncio.create_task(serve(app, listener, ready.set, stop, drain, 1.0))
    await asyncio.wait_for(ready.wait(), 10)
    yield listener.getsockname()[1]
    stopping.set()
    await asyncio.wait_for(task, 20)


async def drip(writer: asyncio.StreamWriter) -> None:
    """One byte after another, without an end."""
    try:
        while True:
            writer.write(b"a")
            await writer.drain()
            await asyncio.sleep(0.02)
    except OSError:
        return


@pytest.mark.parametrize(
    "beginning",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nX: ",
        b"G",
        POST % 100_000,
        POST % 0 + POST % 9_999,
    ],
    ids=["header", "first line", "body", "second body"],
)
async def test_what_never_becomes_whole_is_answered_with_408_and_ends(port: int, beginning: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(beginning)
    dripping = asyncio.create_task(drip(writer))
    answer = await asyncio.wait_for(reader.read(), 20)
    dripping.cancel()
    head, _, body = answer[answer.index(b"HTTP/1.1 408 ") :].partition(b"\r\n\r\n")
    assert b"application/problem+json" in head
    assert b"connection: close" in head.lower()
    assert json.loads(body)["status"] == 408
    writer.close()


async def test_who_does_not_read_an_answer_loses_the_connection(port: int) -> None:
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    raw.connect(("127.0.0.1", port))
    raw.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(raw, b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")

    async def is_gone() -> bool:
        try:
            await loop.sock_sendall(raw, b"x")
        except OSError:
            return True
        return False

    async with asyncio.timeout(20):
        while not await is_gone():
            await asyncio.sleep(0.05)
    raw.close()


async def test_who_sends_slowly_but_in_time_is_served(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: close\r\n\r\n")
    for byte in (b"a", b"b", b"c"):
        await asyncio.sleep(0.02)
        writer.write(byte)
    assert (await asyncio.wait_for(reader.read(), 20)).startswith(b"HTTP/1.1 200 ")
    writer.close()
