"""The entry of a worker process: `python -m hub.worker`, started by the supervisor with its sockets as descriptors."""

import asyncio
import logging
import os
import signal
import socket

import uvloop

from hub.app import create_app
from hub.config import Settings, load_settings
from hub.handlers.context import services_of
from hub.heartbeat import READY, Heartbeat
from hub.logs import configure_logs
from hub.process import RETIRE
from hub.server import serve

# A proxy that uses its connections all the time has used each by then, and been told that it was the last time.
LINGER_SECONDS = 1.0
log = logging.getLogger("hub.worker")


async def run(settings: Settings, listener: socket.socket, parent: int, ready: int) -> int:
    """Serve until SIGTERM, until the parent is gone or until the realtime core has failed; returns the exit code."""
    loop = asyncio.get_running_loop()
    stopping, retiring = asyncio.Event(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopping.set)

    def retire() -> None:
        retiring.set()
        stopping.set()

    loop.add_signal_handler(RETIRE, retire)
    loop.add_reader(parent, stopping.set)
    app = create_app(settings)
    hub, ranger = services_of(app).hub, services_of(app).ranger
    hub.on_failure = stopping.set
    heart = Heartbeat(ready, services_of(app).database.pulse)
    beating: list[asyncio.Task[None]] = []

    async def stop() -> None:
        await stopping.wait()
        heart.stop_asking()
        loop.remove_reader(parent)

    def say_ready() -> None:
        heart.say(READY)
        beating.append(asyncio.create_task(heart.run()))

    def linger() -> float:
        return LINGER_SECONDS if retiring.is_set() else 0.0

    async def drain(seconds: float) -> None:
        await asyncio.gather(hub.drain(seconds), ranger.drain(seconds))

    await serve(app, listener, say_ready, stop, drain, settings.drain_seconds, linger)
    return 1 if hub.failed else 0


def main() -> None:
    """Read what the supervisor left in the environment and serve."""
    os.umask(0o077)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    settings = load_settings()
    configure_logs(settings.env)
    listener = socket.socket(fileno=int(os.environ["HUB_LISTEN_FD"]))
    listener.setblocking(False)
    parent, ready = int(os.environ["HUB_PARENT_FD"]), int(os.environ["HUB_READY_FD"])
    try:
        code = uvloop.run(run(settings, listener, parent, ready))
    except Exception:
        log.critical("this worker has failed", exc_info=True)
        code = 1
    logging.shutdown()
    # Not sys.exit: after a failure the database's threads may still be there and would keep the process.
    os._exit(code)


if __name__ == "__main__":
    main()
