"""A hub worker as `hub serve` runs it, with one thing more: a control port on loopback, where each line is a post.

The post goes the product's own way (unit of work, group commit, log, broker, feed, socket); only HTTP is left out, so
that the fan-out is measured and not the parsing of requests. A line is `CHANNEL TITLE COMMENT`, the channel a number.
Usage: python -m bench.hub_app CONTROL_PORT, with the hub's settings in the environment.
"""

import asyncio
import signal
import sys

import uvloop

from bench.peers.control import listen
from hub.app import create_app
from hub.config import Settings, load_settings
from hub.handlers.context import Services, services_of
from hub.listener import listening_socket
from hub.logs import configure_logs
from hub.model import PostInput
from hub.server import serve
from hub.store import posts
from hub.tokens import Identity

AUTHOR = Identity(1, "sam", "Sam", "visitor", "bench", 2e9)


class Publisher:
    """Writes posts with the store's own code."""

    def __init__(self, services: Services) -> None:
        self._database = services.database
        self._writing: set[asyncio.Task[object]] = set()

    def publish(self, line: bytes) -> None:
        """Begin to write the post that a line describes."""
        number, title, comment = line.decode().split(" ", 2)
        slug, new = f"c{int(number)}", PostInput(title=title, comment=comment)
        task: asyncio.Task[object] = asyncio.ensure_future(
            self._database.write(lambda tx: posts.create(tx, AUTHOR, slug, new))
        )
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)


async def run(settings: Settings, control_port: int) -> None:
    """Serve until SIGTERM."""
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    app = create_app(settings)
    services = services_of(app)
    publisher = Publisher(services)
    control = await listen(control_port, publisher.publish)
    listener = listening_socket(settings.host, settings.port)

    async def stop() -> None:
        await stopping.wait()
        control.close()

    await serve(app, listener, lambda: None, stop, services.hub.drain, settings.drain_seconds)


if __name__ == "__main__":
    chosen = load_settings()
    configure_logs(chosen.env)
    uvloop.run(run(chosen, int(sys.argv[1])))
