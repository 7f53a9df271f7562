"""One websocket of a conversation with the ranger, as a careful front end keeps it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
import uuid
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidMessage

from tests.clients.state import Frame

ENDINGS = ("chat.done", "chat.stopped", "chat.error")


class ChatClient:
    """One websocket to `/ws/chat/{conversation_id}`.

    After `await client.connect()`:
        `messages`  id → message, kept up to date by every frame as a page would
        `frames`    everything received, over all connections, with the time of arrival in `at` (monotonic)
        `repeats`   pieces that came although already known;  `gaps` pieces that came too early
        `corrected` answers whose end had another text than the pieces
        `close_code` of the ended connection, or None while it is open
    """

    def __init__(self, ws_url: str, conversation: int, token: str | None) -> None:
        self.url = f"{ws_url}/ws/chat/{conversation}"
        self.token = token
        self.welcome: Frame = {}
        self.frames: list[Frame] = []
        self.messages: dict[int, Frame] = {}
        self.index: dict[int, int] = {}
        self.repeats: list[Frame] = []
        self.gaps: list[Frame] = []
        self.corrected: list[Frame] = []
        self.worker = ""
        self.close_code: int | None = None
        self.close_reason = ""
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._news = asyncio.Condition()

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def socket(self) -> ClientConnection:
        if self._socket is None:
            raise RuntimeError("not connected")
        return self._socket

    @property
    def answers(self) -> list[Frame]:
        """The ranger's messages, oldest first."""
        return [message for _, message in sorted(self.messages.items()) if message["role"] == "ranger"]

    @property
    def streaming(self) -> bool:
        return any(answer["status"] == "streaming" for answer in self.answers)

    def texts(self) -> list[str]:
        """The texts of all messages, oldest first."""
        return [message["text"] for _, message in sorted(self.messages.items())]

    async def open(self) -> None:
        """Open the websocket and read along, without saying hello."""
        self.close_code = None
        self._socket = await connect(
            self.url, compression=None, proxy=None, open_timeout=10, close_timeout=2, max_size=None
        )
        self.worker = self._socket.response.headers.get("hub-worker", "") if self._socket.response else ""
        self._reader = asyncio.create_task(self._read(self._socket))

    async def connect(self) -> Frame:
        """Open, say hello and give the welcome.

        Raises:
            ConnectionError: closed before the welcome; names the close code.
        """
        await self.open()
        return await self._hello()

    async def send(self, frame: Frame) -> None:
        await self.socket.send(json.dumps(frame))

    async def request(self, frame: Frame, timeout: float = 10) -> Frame:
        """Send a frame with an id and give its `ack` or `error`."""
        number = str(uuid.uuid4())
        await self.send({**frame, "id": number})
        await self.wait_for(lambda: self._answer_to(number) is not None, timeout)
        return self._answer_to(number) or {}

    async def ask(self, text: str) -> Frame:
        """Ask, wait for the end of the answer, and give the answer."""
        ack = await self.request({"type": "chat.send", "text": text})
        assert ack["type"] == "ack", ack
        return await self.ended(ack["data"]["answer"])

    async def ended(self, answer: int, timeout: float = 20) -> Frame:
        """Wait for the end of an answer and give it."""
        await self.wait_for(lambda: self.messages.get(answer, {}).get("status", "streaming") != "streaming", timeout)
        return self.messages[answer]

    async def says(self, text: str, timeout: float = 10) -> None:
        """Wait until the newest answer contains a text."""
        await self.wait_for(lambda: bool(self.answers) and text in self.answers[-1]["text"], timeout)

    async def close(self) -> None:
        """Close politely."""
        if self._socket is not None:
            with contextlib.suppress(ConnectionClosed):
                await self._socket.close()
        if self._reader is not None:
            await self._reader

    async def drop(self) -> None:
        """Lose the connection as a phone in a tunnel does: no close frame."""
        if self._socket is not None:
            self._socket.transport.abort()
        if self._reader is not None:
            await self._reader

    async def reconnect(self, *, attempts: int = 100, pause: float = 0.1) -> Frame:
        """Connect again; tries until the hub is there."""
        await self.drop()
        for _ in range(attempts - 1):
            try:
                return await self.connect()
            except (OSError, TimeoutError, ConnectionClosed, InvalidMessage):
                await asyncio.sleep(pause)
        return await self.connect()

    async def wait_for(self, condition: Callable[[], Any], timeout: float = 10) -> None:
        """Wait until a condition on this client holds; looked at whenever a frame or the end arrives.

        Raises:
            AssertionError: not within `timeout` seconds; shows the last frames.
        """
        try:
            async with asyncio.timeout(timeout), self._news:
                await self._news.wait_for(condition)
        except TimeoutError:
            raise AssertionError(
                f"not within {timeout} s; closed {self.close_code} {self.close_reason}; last: {self.frames[-8:]}"
            ) from None

    def of_type(self, *types: str) -> list[Frame]:
        return [frame for frame in self.frames if frame["type"] in types]

    async def _hello(self) -> Frame:
        seen = len(self.frames)
        await self.send({"type": "hello", **({"token": self.token} if self.token else {})})
        await self.wait_for(
            lambda: any(f["type"] == "welcome" for f in self.frames[seen:]) or self.close_code is not None
        )
        if self.close_code is not None:
            raise ConnectionError(f"closed before the welcome: {self.close_code} {self.close_reason}")
        return self.welcome

    def _answer_to(self, number: str) -> Frame | None:
        return next((f for f in self.frames if f.get("id") == number and f["type"] in ("ack", "error")), None)

    async def _read(self, socket: ClientConnection) -> None:
        try:
            async for text in socket:
                frame = {**json.loads(text), "at": time.monotonic()}
                self.frames.append(frame)
                self._apply(frame)
                async with self._news:
                    self._news.notify_all()
        except ConnectionClosed:
            pass
        self.close_code, self.close_reason = socket.close_code, socket.close_reason or ""
        async with self._news:
            self._news.notify_all()

    def _apply(self, frame: Frame) -> None:
        kind = frame["type"]
        if kind in ("welcome", "chat.snapshot"):
            self.welcome = frame if kind == "welcome" else self.welcome
            self.messages = {message["id"]: message for message in frame["messages"]}
            if frame["message_id"] is not None:
                self.index[frame["message_id"]] = frame["index"]
        elif kind in ("chat.message", "chat.started"):
            message = frame["message"]
            if kind == "chat.started":
                self.index[message["id"]] = 0
                for earlier in message["earlier"]:
                    self.messages.pop(earlier["id"], None)
            self.messages[message["id"]] = message
        elif kind == "chat.delta":
            self._apply_piece(frame)
        elif kind in ENDINGS:
            self._apply_end(frame)
        elif kind == "chat.removed":
            for message_id in frame["message_ids"]:
                self.messages.pop(message_id, None)

    def _apply_piece(self, frame: Frame) -> None:
        known = self.index.get(frame["message_id"], 0)
        if frame["index"] < known:
            self.repeats.append(frame)
        elif frame["index"] > known:
            self.gaps.append(frame)
        else:
            self.index[frame["message_id"]] = known + 1
            self.messages[frame["message_id"]]["text"] += frame["text"]

    def _apply_end(self, frame: Frame) -> None:
        message = self.messages[frame["message_id"]]
        if message["text"] != frame["text"]:
            self.corrected.append(frame)
        message["text"], message["sources"] = frame["text"], frame["sources"]
        message["status"] = {"chat.done": "done", "chat.stopped": "stopped"}.get(frame["type"], "failed")
        if frame["type"] == "chat.error":
            message["problem"] = {"code": frame["code"], "message": frame["message"]}
            if frame["code"] == "interrupted":
                message["status"] = "interrupted"
