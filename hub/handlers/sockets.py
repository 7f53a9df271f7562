"""The websockets' way in: path, room, Origin and channel are checked before the upgrade.

Answered in front of Quart, because a request context costs more than everything else that opening a socket does.
"""

import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import msgspec

from hub.addresses import Forwarding, Visitor, visitor
from hub.channels.hub import Hub
from hub.channels.session import Session
from hub.channels.subscriber import Subscriber
from hub.config import Settings
from hub.errors import Forbidden, HubError, NotFound, Unavailable
from hub.handlers.problems import Problem
from hub.origins import is_same_origin, parse_origin
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
        client = self._client(scope, headers)
        self._check_origin(headers, client.scheme)
        if self._hub.draining:
            raise Unavailable("This worker is restarting: connect again.", retry_after=1)
        self._hub.registry.count_handshake(client.address)
        self._hub.registry.check_room(client.address)
        path: str = scope["path"]
        for prefix, open_socket in self._routes.items():
            if path.startswith(prefix):
                return await open_socket(path[len(prefix) :], client.address)
        raise NotFound("There is no websocket here: /asyncapi.json describes those there are.")

    def _client(self, scope: Scope, headers: dict[bytes, str]) -> Visitor:
        said = Forwarding(headers.get(b"x-forwarded-for"), headers.get(b"x-forwarded-proto"), headers.get(b"forwarded"))
        peer = scope["client"][0] if scope.get("client") else None
        scheme = "https" if scope.get("scheme") == "wss" else "http"
        return visitor(peer, scheme, said, self._settings.trusted_proxies)

    def _check_origin(self, headers: dict[bytes, str], scheme: str) -> None:
        origin = headers.get(b"origin")
        if origin is None or str(parse_origin(origin)) in self._settings.allowed_origins:
            return
        if not is_same_origin(origin, headers.get(b"host", ""), scheme):
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
