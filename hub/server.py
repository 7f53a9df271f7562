"""One Hypercorn worker process, and the take-over of its websockets.

The only place that knows Hypercorn's inside (pinned in the lock file), together with `http_rules`. Hypercorn parses the
request and checks the handshake; then the transport belongs to an `asyncio.Protocol` of ours, and Hypercorn's tasks for
it end.
"""

import asyncio
import contextlib
import gc
import logging
import socket
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, cast

import h11
from hypercorn.asyncio.lifespan import Lifespan
from hypercorn.asyncio.tcp_server import MAX_RECV, TCPServer
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config
from hypercorn.events import Closed, RawData
from hypercorn.protocol.h11 import H11Protocol, H11WSConnection
from hypercorn.protocol.http_stream import HTTPStream
from hypercorn.protocol.ws_stream import WSStream
from hypercorn.typing import AppWrapper
from hypercorn.utils import LifespanTimeoutError, wrap_app
from quart import Quart

from hub import http_rules
from hub.connections import Connections, Debt
from hub.handshake import Detached, Headers, switching_protocols
from hub.listener import BACKLOG, seconds_unheard
from hub.open_files import OpenFiles
from hub.refusals import whole_answer

KEEP_ALIVE_SECONDS = 75
# With the time that the parent gives after a drain, so that a worker whose database hangs still ends by itself.
CLOSE_SECONDS = 3.0
LINGER_SECONDS = 2.0
LINGER_BYTES = 16 * 1024 * 1024
COLLECT_AFTER = (1_000, 10, 100)
TAKEOVER = "frostbyte.takeover"
UNHEARD = "frostbyte.unheard"
Takeover = Callable[[asyncio.Protocol, Headers], None]
log = logging.getLogger("hub.server")
http_rules.apply()


class HubTCPServer(TCPServer):
    """A connection of Hypercorn's whose websocket can be taken over (HTTP/1.1 only)."""

    taken = False
    received = 0
    _reads_on = True

    async def run(self) -> None:
        """Serve the connection until it ends or is taken over."""
        self._wrapped, self.app = self.app, cast("AppWrapper", self._with_takeover)
        await super().run()

    async def _with_takeover(self, scope: Any, receive: Any, send: Any, spawn: Any, call_soon: Any) -> None:
        protocol = self.protocol.protocol
        if scope["type"] == "http":
            scope.setdefault("extensions", {})[UNHEARD] = partial(seconds_unheard, self.writer.get_extra_info("socket"))
        if scope["type"] == "websocket" and isinstance(protocol, H11Protocol):
            scope["extensions"][TAKEOVER] = self._take_over
        await self._wrapped(scope, receive, send, spawn, call_soon)

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
        transport.write(switching_protocols(stream.handshake.key or b"", headers))
        early += bytes(getattr(self.reader, "_buffer", b""))
        transport.set_protocol(websocket)
        websocket.connection_made(transport)
        # Ends Hypercorn's reading task; its writer must not close the transport when it is collected.
        self.reader.feed_eof()
        self.writer._transport = Detached()  # type: ignore[attr-defined]
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

    async def _read_data(self) -> None:
        """Read what the client sends. One that has closed its sending half still gets its answers (RFC 9112, 9.6)."""
        with contextlib.suppress(OSError):
            while not self.taken:
                data = await self.reader.read(MAX_RECV)
                self.received += len(data)
                self._reads_on = False
                await self.protocol.handle(RawData(data))
                self._reads_on = True
                if not data:
                    await self._answer_the_last()
                    break
        await self.protocol.handle(Closed())
        # Hypercorn would keep a connection that was idle when its client left until its time is over.
        await self.idle_task.stop()

    async def _answer_the_last(self) -> None:
        protocol = self.protocol.protocol
        if self.taken or not isinstance(protocol, H11Protocol):
            return
        if self.debt() is Debt.HEAD:
            await protocol._send_error_response(400)
        # The stream of a client that cannot be written to any more ends without the event: hence a look now and then.
        while isinstance(protocol.stream, HTTPStream) and not self.writer.is_closing():
            await protocol.can_read.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await protocol.can_read.wait()

    async def _close(self) -> None:
        if self.taken:
            await self.idle_task.stop()
            return
        connection = self._h11()
        if not self._reads_on and connection is not None and connection.their_state in (h11.ERROR, h11.SEND_BODY):
            self._reads_on = True
            await self._read_the_rest()
        # A client that has gone meanwhile is gone, whichever of them found it first.
        with contextlib.suppress(OSError):
            await super()._close()

    async def _read_the_rest(self) -> None:
        """Let a client that sends on hear why it was refused: the kernel resets a connection with unread data."""
        with contextlib.suppress(OSError, RuntimeError, TimeoutError):
            self.writer.write_eof()
            async with asyncio.timeout(LINGER_SECONDS):
                until = self.received + LINGER_BYTES
                while self.received < until and (data := await self.reader.read(MAX_RECV)):
                    self.received += len(data)

    def debt(self) -> Debt | None:
        """What the client owes at the moment: the rest of a request, or to read its answer."""
        if self.writer.transport.get_write_buffer_size():
            return Debt.ANSWER
        connection = self._h11()
        if connection is None:
            return None
        if connection.their_state is h11.SEND_BODY:
            return Debt.BODY
        return Debt.HEAD if connection.their_state is h11.IDLE and connection.trailing_data[0] else None

    @property
    def request(self) -> int:
        """Which request of this connection is under way."""
        protocol = self.protocol.protocol
        return protocol.keep_alive_requests if isinstance(protocol, H11Protocol) else 0

    @property
    def progress(self) -> tuple[int, int]:
        """Changes whenever the client has sent or read something."""
        return self.received, self.writer.transport.get_write_buffer_size()

    async def time_out(self) -> None:
        """End a connection whose client keeps it waiting: with 408 if no answer has begun."""
        connection = self._h11()
        if (
            connection is None
            or self.debt() is Debt.ANSWER
            or connection.our_state not in (h11.IDLE, h11.SEND_RESPONSE)
        ):
            self.abort()
            return
        await cast("H11Protocol", self.protocol.protocol)._send_error_response(408)
        await self.protocol.handle(Closed())
        # What it still sends is read for a while: the kernel would reset the connection, and the answer with it.
        with contextlib.suppress(OSError, RuntimeError):
            self.writer.write_eof()
        await asyncio.sleep(LINGER_SECONDS)
        self.writer.close()

    def abort(self) -> None:
        """End it at once."""
        self.writer.transport.abort()

    def _h11(self) -> h11.Connection | None:
        connection = getattr(getattr(getattr(self, "protocol", None), "protocol", None), "connection", None)
        return connection if isinstance(connection, h11.Connection) else None


async def serve(
    app: Quart,
    listener: socket.socket,
    ready: Callable[[], None],
    stop: Callable[[], Awaitable[None]],
    drain: Callable[[float], Awaitable[None]],
    drain_seconds: float,
    linger: Callable[[], float] = lambda: 0.0,
) -> None:
    """Serve until `stop` returns: then accept no more, `drain` the websockets and let requests under way finish.

    Connections that are kept for their next request stay for `linger` seconds: whoever sends one meanwhile is answered.
    """
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
    connections = Connections(loop.time)
    files = OpenFiles()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not files.has_room(writer.get_extra_info("socket").fileno()):
            writer.write(whole_answer(503))
            writer.close()
            return
        connection = HubTCPServer(wrapped, loop, config, context, state, reader, writer)
        with connections.holding(connection):
            await connection

    _settle_collector()
    server = await asyncio.start_server(connected, sock=listener, backlog=BACKLOG)
    patrol = loop.create_task(connections.patrol(files.probe))
    ready()
    await stop()
    server.close()
    # From now on each answer says that it is the last one of its connection.
    config.keep_alive_max_requests = 0
    deadline = loop.time() + drain_seconds
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout_at(deadline):
            await asyncio.gather(drain(drain_seconds), asyncio.sleep(linger()))
    await context.terminated.set()
    await connections.end(deadline)
    patrol.cancel()
    await _close(lifespan)
    lifespan_task.cancel()


async def _close(lifespan: Lifespan) -> None:
    try:
        await lifespan.wait_for_shutdown()
    except LifespanTimeoutError:
        log.error("the database was not closed in %d s: left as it is, which it survives", CLOSE_SECONDS)


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
    config.shutdown_timeout = CLOSE_SECONDS
    return config
