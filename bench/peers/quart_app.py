"""Quart on stock Hypercorn (uvloop), a queue per socket: how most people write it.

Usage: python quart_app.py PORT CONTROL_PORT
"""

import asyncio
import sys

import uvloop
from hypercorn.asyncio import serve
from hypercorn.config import Config
from quart import Quart, websocket

from bench.peers.control import listen

app = Quart(__name__)
QUEUES: set[asyncio.Queue[str]] = set()


def publish(line: bytes) -> None:
    text = line.decode()
    for queue in QUEUES:
        queue.put_nowait(text)


@app.websocket("/")
async def subscribe() -> None:
    queue: asyncio.Queue[str] = asyncio.Queue()
    QUEUES.add(queue)
    try:
        await websocket.accept()
        while True:
            await websocket.send(await queue.get())
    finally:
        QUEUES.discard(queue)


async def main(port: int, control_port: int) -> None:
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.backlog = 4096
    config.accesslog = None
    config.graceful_timeout = 1
    await listen(control_port, publish)
    await serve(app, config)


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2])))
