"""Starlette on uvicorn, a queue per socket: how its users write a broadcast.

Usage: python starlette_app.py PORT CONTROL_PORT
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from bench.peers.control import listen

QUEUES: set[asyncio.Queue[str]] = set()


def publish(line: bytes) -> None:
    text = line.decode()
    for queue in QUEUES:
        queue.put_nowait(text)


async def subscribe(websocket: WebSocket) -> None:
    await websocket.accept()
    queue: asyncio.Queue[str] = asyncio.Queue()
    QUEUES.add(queue)
    try:
        while True:
            await websocket.send_text(await queue.get())
    except WebSocketDisconnect:
        pass
    finally:
        QUEUES.discard(queue)


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    await listen(int(sys.argv[2]), publish)
    yield


app = Starlette(routes=[WebSocketRoute("/", subscribe)], lifespan=lifespan)

if __name__ == "__main__":
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        backlog=4096,
        log_level="warning",
        timeout_graceful_shutdown=1,
    )
