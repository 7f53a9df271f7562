"""One Hypercorn worker process, and the take-over of its websockets.

The only place that knows Hypercorn's inside (pinned in the lock file). Hypercorn parses the request and checks the
handshake; then the transport belongs to an `asyncio.Protocol` of ours, and Hypercorn's tasks for it end.
"""

import asyncio
import gc
import logging
import socket
import struct
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, cast

from hypercorn.asyncio.lifespan import Lifespan
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config
from hypercorn.protocol.h11 import H11Protocol, H11WSConnection
from hypercorn.protocol.ws_stream import WSStream
from hypercorn.typing import AppWrapper
from hypercorn.utils import wrap_app
from quart import Quart
from wsproto.utilities import generate_accept_token

from hub.listener import BACKLOG

KEEP_ALIVE_SECONDS = 75
COLLECT_AFTER = (1_000, 10, 100)
TAKEOVER = "frostbyte.takeover"
UNHEARD = "frostbyte.unheard"
# The place of tcpi_last_data_recv (milliseconds) in linux/tcp.h's tcp_info.
LAST_DATA_RECEIVED = 52
Headers = Iterable[tuple[bytes, bytes]]
Takeover = Callable[[asyncio.Protocol, Headers], None]
log = logging.getLogger("hub.server")


class HubTCPServer(TCPServer):
    """A connection of Hypercorn's whose websocket can be taken over (HTTP/1.1 only)."""

    taken = False

    async def run(self) -> None:
        """Serve the connection until it ends or is taken over."""
        self._wrapped, self.app = self.app, cast("AppWrapper", self._with_takeover)
        await super().run()

    async def _with_takeover(self, scope: Any, receive: Any, send: Any, spawn: Any, call_soon: Any) -> None:
        protocol = self.protocol.protocol
        if scope["type"] == "http":
            scope.setdefault("extensions", {})[UNHEARD] = self._unheard
        if scope["type"] == "websocket" and isinstance(protocol, H11Protocol):
            scope["extensions"][TAKEOVER] = self._take_over
        await self._wrapped(scope, receive, send, spawn, call_soon)

    def _unheard(self) -> float:
        """For how many seconds nothing has come from the client: what was read just now may be older than it seems.

        Bytes wait in the kernel while this process stands still. Only Linux tells; 0 elsewhere.
        """
        connection = self.writer.get_extra_info("socket")
        try:
            told = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, LAST_DATA_RECEIVED + 4)
        except (AttributeError, OSError):
            return 0.0
        found = len(told) == LAST_DATA_RECEIVED + 4
        return float(struct.unpack_from("@I", told, LAST_DATA_RECEIVED)[0]) / 1000 if found else 0.0

    def _take_over(self, websocket: asyncio.Protocol, headers: Headers) -> None:
        """Answer the handshake (RFC 6455, section 4.2.2) and hand the transport to `websocket`.

        No extension is negotiated: permessage-deflate costs 130 KB a socket and opens the door to compression bombs.
        A client that left during the handshake, or did not wait for its answer and was refused by Hypercorn, is told
        to `websocket` as lost.
        """
        transport = cast("asyncio.Transport", self.writer.transport)
        stream, early = self._websocket()
        if stream is None or stream.closed or transport.is_closing() or self.reader.at_eof():
            websocket.connection_lost(None)
            transport.close()
            return
        stream.closed = True
        self.taken = True
        transport.write(_switching_protocols(stream.handshake.key or b"", headers))
        early += bytes(getattr(self.reader, "_buffer", b""))
        transport.set_protocol(websocket)
        websocket.connection_made(transport)
        # Ends Hypercorn's reading task; its writer must not close the transport when it is collected.
        self.reader.feed_eof()
        self.writer._transport = _Detached()  # type: ignore[attr-defined]
        if not transport.is_reading():
            transport.resume_reading()
        if early:
            websocket.data_received(early)

    def _websocket(self) -> tuple[WSStream | None, bytes]:
        protocol = self.protocol.protocol
        assert isinstance(protocol, H11Protocol)
        stream, connection = protocol.stream, protocol.connection
        early = bytes(connection.buffer) if isinstance(connection, H11WSConnection) else b""
        return (stream if isinstance(stream, WSStream) else None), early

    async def _close(self) -> None:
        if self.taken:
            await self.idle_task.stop()
        else:
            await super()._close()


async def _stay_with_http_1(*_: object) -> None:
    """In the place of Hypercorn's own check, which gives HTTP/2 in clear text to whoever asks for it.

    The hub has no use for it, and an upgrade to h2c would walk past the rules of a proxy in front.
    """


H11Protocol._check_protocol = _stay_with_http_1  # type: ignore[method-assign,assignment]


class _Detached:
    """What is left to Hypercorn's writer of a transport that was taken over."""

    def is_closing(self) -> bool:
        return True

    def close(self) -> None:
        return

    def get_extra_info(self, name: str, default: object = None) -> object:
        return default


def _switching_protocols(key: bytes, headers: Headers) -> bytes:
    lines = [
        b"HTTP/1.1 101 Switching Protocols",
        b"upgrade: websocket",
        b"connection: upgrade",
        b"sec-websocket-accept: " + generate_accept_token(key),
        *(name + b": " + value for name, value in headers),
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n"


async def serve(
    app: Quart,
    listener: socket.socket,
    ready: Callable[[], None],
    stop: Callable[[], Awaitable[None]],
    drain: Callable[[float], Awaitable[None]],
    drain_seconds: float,
) -> None:
    """Serve until `stop` returns: then accept no more, `drain` the websockets and let requests under way finish."""
    config = _config()
    loop = asyncio.get_running_loop()
    wrapped = wrap_app(app, config.wsgi_max_body_size, "asgi")
    state: Any = {}
    lifespan = Lifespan(wrapped, config, loop, state)
    lifespan_task = loop.create_task(lifespan.handle_lifespan())
    await lifespan.wait_for_startup()
    if lifespan_task.done() and (error := lifespan_task.exception()) is not None:
        raise error
    context = WorkerContext(None)
    connections: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        connections.add(task)
        task.add_done_callback(connections.discard)
        await HubTCPServer(wrapped, loop, config, context, state, reader, writer)

    _settle_collector()
    server = await asyncio.start_server(connected, sock=listener, backlog=BACKLOG)
    ready()
    await stop()
    server.close()
    deadline = loop.time() + drain_seconds
    await drain(drain_seconds)
    await context.terminated.set()
    if connections:
        await asyncio.wait(connections, timeout=max(0.1, deadline - loop.time()))
    await lifespan.wait_for_shutdown()
    lifespan_task.cancel()


def _settle_collector() -> None:
    """Leave what the program itself is made of out of garbage collection, and look through all sockets rarely.

    With 10,000 sockets a full collection stops the worker for 0.1 s; garbage that lives so long as to need one is rare.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def _config() -> Config:
    config = Config()
    config.accesslog = None
    config.errorlog = logging.getLogger("hub.hypercorn")
    config.include_server_header = False
    config.include_date_header = True
    config.keep_alive_timeout = KEEP_ALIVE_SECONDS
    config.h11_max_incomplete_size = 32 * 1024
    config.keep_alive_max_requests = 1_000_000
    config.websocket_ping_interval = None
    return config
