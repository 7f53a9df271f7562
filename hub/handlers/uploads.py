"""Lets a client finish what it is sending before it is answered, and notes since when it waits for the answer.

An answer that comes earlier, such as a 413 or a 401, makes the server close a connection with unread data in it. The
kernel then resets it, and the client sees a broken connection in the place of the answer.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import Any

from hub.server import UNHEARD
from hub.waiting import Arrival, arrival

PATIENCE_SECONDS = 2.0
PATIENCE_BYTES = 16 * 1024 * 1024
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]


class FinishUploads:
    """An ASGI app in front of another that reads on while it handles a request, as Quart does."""

    def __init__(self, app: Asgi) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        reads = scope["method"] in ("GET", "HEAD")
        unheard = _heard_now if reads else scope.get("extensions", {}).get(UNHEARD, _heard_now)
        upload = _Upload(receive, send, unheard)
        arrival.set(upload.arrival)
        try:
            await self._app(scope, upload.receive, upload.send)
        finally:
            upload.arrival.at = None


def _heard_now() -> float:
    return 0.0


class _Upload:
    """One request's body, on its way past us."""

    __slots__ = ("_ended", "_receive", "_send", "_size", "_unheard", "arrival")

    def __init__(self, receive: Receive, send: Send, unheard: Callable[[], float]) -> None:
        self._unheard = unheard
        self.arrival = Arrival(time.monotonic() - unheard())
        self._receive = receive
        self._send = send
        self._size = 0
        self._ended = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        message = await self._receive()
        self._size += len(message.get("body", b""))
        if message["type"] == "http.request" and not message.get("more_body"):
            # Whoever has just finished sending was there until now, however long that took.
            self.arrival.at = time.monotonic() - self._unheard()
        if not message.get("more_body") or self._size > PATIENCE_BYTES:
            self._ended.set()
        return message

    async def send(self, message: dict[str, Any]) -> None:
        if not self._ended.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await self._ended.wait()
            self._ended.set()
        await self._send(message)
