"""Python `websockets` with its own `broadcast`, on uvloop, no compression.

Usage: python py_websockets.py PORT CONTROL_PORT
"""

import asyncio
import sys

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve

from bench.peers.control import listen

CONNECTIONS: set[ServerConnection] = set()


async def handle(connection: ServerConnection) -> None:
    CONNECTIONS.add(connection)
    try:
        await connection.wait_closed()
    finally:
        CONNECTIONS.discard(connection)


async def main(port: int, control_port: int) -> None:
    await listen(control_port, lambda line: broadcast(CONNECTIONS, line.decode()))
    async with serve(handle, "127.0.0.1", port, compression=None, ping_interval=None, backlog=4096):
        await asyncio.Future()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2])))
