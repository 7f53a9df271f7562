"""One websocket of a channel, as a careful front end keeps it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidMessage

from tests.clients.state import ChannelState, Frame


class ChannelClient:
    """One websocket to `/ws/channels/{channel}` that remembers where it is.

    After `await client.connect()`:
        `welcome`   the newest welcome;  `frames` everything received, over all connections, in order
        `applied`   the durable events applied, in order;  `seq`, `epoch`, `mark` where it is
        `repeats`   durable events that came although already seen (the hub must not send them)
        `gaps`      pairs (expected, got) of jumps in the numbers (likewise)
        `resyncs`   the `resync` frames;  `errors` the `error` frames;  `state` a ChannelState
        `close_code` of the ended connection, or None while it is open
    """

    def __init__(
        self,
        ws_url: str,
        channel: str,
        *,
        token: str | None = None,
        history: dict[str, Any] | None = None,
        origin: str | None = None,
        ssl: Any = None,
    ) -> None:
        self.url = f"{ws_url}/ws/channels/{channel}"
        self.channel = channel
        self.token = token
        self.origin = origin
        self.ssl = ssl
        self.seq: int | None = history["seq"] if history else None
        self.epoch: str | None = history["epoch"] if history else None
        self.mark: str | None = history.get("mark") if history else None
        self.state = ChannelState.from_history(history) if history else ChannelState()
        self.welcome: Frame = {}
        self.frames: list[Frame] = []
        self.applied: list[Frame] = []
        self.repeats: list[Frame] = []
        self.gaps: list[tuple[int, int]] = []
        self.resyncs: list[Frame] = []
        self.errors: list[Frame] = []
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
    def connected(self) -> bool:
        return self._reader is not None and not self._reader.done()

    @property
    def seqs(self) -> list[int]:
        """The numbers of the durable events applied, in order."""
        return [event["seq"] for event in self.applied]

    @property
    def socket(self) -> ClientConnection:
        if self._socket is None:
            raise RuntimeError("not connected")
        return self._socket

    async def open(self) -> None:
        """Open the websocket and read along, without saying hello."""
        self.close_code = None
        self._socket = await connect(
            self.url,
            origin=self.origin,  # type: ignore[arg-type]
            compression=None,
            proxy=None,
            ssl=self.ssl,
            open_timeout=10,
            close_timeout=2,
            max_size=None,
        )
        self._reader = asyncio.create_task(self._read(self._socket))

    async def connect(self, **hello: Any) -> Frame:
        """Open, say hello from where this client is, and give the welcome.

        Fields in `hello` replace those that the client would send.

        Raises:
            ConnectionError: closed before the welcome; names the close code.
        """
        await self.open()
        seen = len(self.frames)
        position = {"since": self.seq, "epoch": self.epoch, "mark": self.mark or None}
        frame = {"type": "hello", "token": self.token, **position, **hello}
        await self.send({name: value for name, value in frame.items() if value is not None})
        await self.wait_for(
            lambda: any(f["type"] == "welcome" for f in self.frames[seen:]) or self.close_code is not None
        )
        if self.close_code is not None:
            raise ConnectionError(f"closed before the welcome: {self.close_code} {self.close_reason}")
        return self.welcome

    async def send(self, frame: Frame | str | bytes) -> None:
        await self.socket.send(frame if isinstance(frame, (str, bytes)) else json.dumps(frame))

    async def ask(self, frame: Frame, timeout: float = 10) -> Frame:
        """Send a frame with an id and give its `ack`, `pong` or `error`."""
        number = str(uuid.uuid4())
        await self.send({**frame, "id": number})
        answers = ("ack", "pong", "error")

        def answer() -> Frame | None:
            return next((f for f in self.frames if f.get("id") == number and f["type"] in answers), None)

        await self.wait_for(lambda: answer() is not None, timeout)
        return answer() or {}

    async def close(self) -> None:
        """Close politely; `close_code` tells how it ended."""
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

    async def reconnect(self, *, attempts: int = 40, pause: float = 0.1) -> Frame:
        """Connect again and resume; tries until the hub is there."""
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
                await self._news.wait_for(lambda: bool(condition()))
        except TimeoutError:
            tail = "\n".join(json.dumps(frame)[:300] for frame in self.frames[-10:])
            raise AssertionError(
                f"not within {timeout} s; seq {self.seq}, close code {self.close_code}, last frames:\n{tail}"
            ) from None

    async def wait_for_seq(self, seq: int, timeout: float = 10) -> None:
        """Wait until the channel's event `seq` was applied."""
        await self.wait_for(lambda: self.seq is not None and self.seq >= seq, timeout)

    async def wait_for_type(self, kind: str, timeout: float = 10, *, after: int = 0) -> Frame:
        """The first frame of a type among `frames[after:]`, waited for."""

        def found() -> Frame | None:
            return next((frame for frame in self.frames[after:] if frame["type"] == kind), None)

        await self.wait_for(lambda: found() is not None, timeout)
        return found() or {}

    async def wait_closed(self, timeout: float = 10) -> int:
        """Wait for the end of the connection; its close code."""
        await self.wait_for(lambda: self.close_code is not None, timeout)
        return self.close_code or 0

    async def _read(self, socket: ClientConnection) -> None:
        try:
            async for text in socket:
                self._take(json.loads(text))
                await self._tell()
        except (ConnectionClosed, OSError):
            pass
        finally:
            self.close_code = socket.close_code or 1006
            self.close_reason = socket.close_reason or ""
            await self._tell()

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    def _take(self, frame: Frame) -> None:
        self.frames.append(frame)
        kind = frame["type"]
        if kind == "welcome":
            self._start(frame)
        elif kind == "resync":
            self.resyncs.append(frame)
        elif kind == "error":
            self.errors.append(frame)
        elif "seq" in frame and kind != "heartbeat":
            self._apply(frame)
        else:
            self.state.apply(frame)

    def _start(self, welcome: Frame) -> None:
        self.welcome = welcome
        self.state.locations = {location["username"]: location for location in welcome.get("locations") or []}
        self.state.presence = welcome.get("presence")
        if self.seq is None or not welcome["recovered"]:
            self.seq = welcome["seq"]
            self.epoch = welcome["epoch"]
            self.mark = welcome.get("mark")

    def _apply(self, event: Frame) -> None:
        if self.seq is not None and event["seq"] <= self.seq:
            self.repeats.append(event)
            return
        if self.seq is not None and event["seq"] != self.seq + 1:
            self.gaps.append((self.seq + 1, event["seq"]))
        self.seq = event["seq"]
        self.mark = event.get("mark")
        self.applied.append(event)
        self.state.apply(event)
