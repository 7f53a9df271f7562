"""The websockets' way in: path, room, Origin and channel are checked before the upgrade.

Answered in front of Quart, because a request context costs more than everything else that opening a socket does.
"""

import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

import msgspec

from hub.addresses import client_address
from hub.channels.hub import Hub
from hub.channels.session import Session
from hub.channels.subscriber import Subscriber
from hub.config import Settings
from hub.errors import Forbidden, HubError, NotFound, Unavailable
from hub.handlers.problems import Problem
from hub.server import TAKEOVER
from hub.store.channels import no_such_channel

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]
Open = Callable[[str, str], Awaitable[Session]]
log = logging.getLogger("hub.sockets")


class SocketGateway:
    """An ASGI app in front of another: it takes the websockets, everything else goes on."""

    def __init__(self, app: Asgi, hub: Hub, settings: Settings) -> None:
        self._app = app
        self._hub = hub
        self._settings = settings
        self._routes: dict[str, Open] = {"/ws/channels/": self._open_channel}

    def route(self, prefix: str, open_socket: Open) -> None:
        """Open the sockets below `prefix` with `open_socket`, which gets the rest of the path and the address."""
        self._routes[prefix] = open_socket

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        try:
            socket = await self._open(scope)
        except HubError as error:
            await _refuse(send, error)
            return
        take_over = scope.get("extensions", {}).get(TAKEOVER)
        if take_over is None:
            await _refuse(send, Unavailable("Websockets are served over HTTP/1.1 only."))
            socket.connection_lost(None)
            return
        take_over(socket, [(b"hub-worker", self._hub.worker.encode())])

    async def _open(self, scope: Scope) -> Session:
        headers = _headers(scope)
        self._check_origin(headers)
        if self._hub.draining:
            raise Unavailable("This worker is restarting: connect again.", retry_after=1)
        client = scope.get("client")
        address = client_address(
            client[0] if client else None, headers.get(b"x-forwarded-for"), self._settings.trusted_proxies
        )
        self._hub.registry.count_handshake(address)
        self._hub.registry.check_room(address)
        path: str = scope["path"]
        for prefix, open_socket in self._routes.items():
            if path.startswith(prefix):
                return await open_socket(path[len(prefix) :], address)
        raise NotFound("There is no websocket here: /asyncapi.json describes those there are.")

    def _check_origin(self, headers: dict[bytes, str]) -> None:
        origin = headers.get(b"origin")
        if origin is None or origin.lower() in self._settings.allowed_origins:
            return
        if _host(origin) != headers.get(b"host", "").lower():
            raise Forbidden("Pages of that origin may not connect: the operator lists them in HUB_ALLOWED_ORIGINS.")

    async def _open_channel(self, slug: str, address: str) -> Session:
        feed = await self._hub.feeds.get(slug)
        if feed is None:
            raise no_such_channel(slug)
        return Subscriber(self._hub, feed, address)


def _headers(scope: Scope) -> dict[bytes, str]:
    """The headers by lower-case name; one that comes several times is a list, as RFC 9110, section 5.2 has it."""
    found: dict[bytes, str] = {}
    for name, value in scope["headers"]:
        key, text = name.lower(), value.decode("latin-1")
        found[key] = f"{found[key]},{text}" if key in found else text
    return found


def _host(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return None


async def _refuse(send: Send, error: HubError) -> None:
    body = msgspec.json.encode(
        Problem(f"/docs/problems#{error.code}", error.title, error.status, error.detail, error.fields)
    )
    headers: Iterable[tuple[bytes, bytes]] = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    if error.retry_after is not None:
        headers = [*headers, (b"retry-after", str(error.retry_after).encode())]
    await send({"type": "websocket.http.response.start", "status": error.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})
