"""An echo endpoint on the hub's own socket code, for the Autobahn conformance cases: `python -m bench.echo PORT`."""

import asyncio
import logging
import signal
import sys
import time
from typing import Any

import uvloop
from quart import Quart

from hub.channels.connection import HARD_LIMIT, Connection, Deadline
from hub.channels.frames import BINARY, frame, text_frame
from hub.channels.timers import TimerWheel
from hub.channels.unsent import Unsent
from hub.listener import listening_socket
from hub.server import TAKEOVER, serve


class Worker:
    """What a connection needs around it."""

    limits = False
    clock = staticmethod(time.monotonic)

    def __init__(self) -> None:
        self.unsent = Unsent(per_address=False)
        self.wheel: TimerWheel[tuple[Connection, Deadline]] = TimerWheel()

    async def tick(self) -> None:
        """Tell connections of their deadlines."""
        while True:
            await asyncio.sleep(1)
            for connection, deadline in self.wheel.tick():
                connection.due(deadline)


class Echo(Connection):
    """Sends back what comes. The cases' largest message has 16 MiB."""

    message_limit = 32 * 1024 * 1024

    def text_received(self, text: bytes) -> None:
        """Back as text."""
        self._back(text_frame(text))

    def binary_received(self, payload: bytes) -> None:
        """Back as binary."""
        self._back(frame(BINARY, payload))

    def _back(self, data: bytes) -> None:
        if len(data) > HARD_LIMIT:
            self.transport.write(data)
        else:
            self.send(data)


async def run(port: int) -> None:
    """Serve until SIGTERM."""
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    worker = Worker()
    app = Quart("echo", static_folder=None)

    async def echo(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            scope["extensions"][TAKEOVER](Echo(worker), [])
        else:
            await quart(scope, receive, send)

    quart, app.asgi_app = app.asgi_app, echo  # type: ignore[method-assign,assignment]
    ticking = asyncio.create_task(worker.tick())

    async def stop() -> None:
        await stopping.wait()

    async def drain(seconds: float) -> None:
        ticking.cancel()

    await serve(app, listening_socket("127.0.0.1", port), lambda: None, stop, drain, 1.0)


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    uvloop.run(run(int(sys.argv[1])))
