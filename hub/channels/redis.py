"""The broker between workers: Redis pub/sub, off every request's path, with timeouts of its own."""

import asyncio
import logging
import random
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Any

from redis import exceptions
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from hub.channels.broker import Receive, Watch

TIMEOUT_SECONDS = 1.0
BEAT_SECONDS = 2.0
SILENT_SECONDS = 6.0
BEAT_TOPIC = "beat"
BACKOFF_SECONDS = (0.05, 1.0)
OUTBOX_LIMIT = 10_000
BATCH = 200
_FAILURES = (exceptions.RedisError, OSError, asyncio.TimeoutError)
log = logging.getLogger("hub.redis")


class RedisBroker:
    """One connection that listens and one that publishes; both come back by themselves."""

    def __init__(self, url: str, worker: str) -> None:
        self.connected = False
        self._prefix = ""
        self._worker = worker.encode() + b"\n"
        self._client = _client(url)
        self._sender = _client(url)
        self._pubsub: Any = self._client.pubsub(ignore_subscribe_messages=False)
        self._topics = {BEAT_TOPIC}
        self._heard = 0.0
        self._confirmed: dict[str, asyncio.Event] = {}
        self._outbox: deque[tuple[str, bytes]] = deque(maxlen=OUTBOX_LIMIT)
        self._has_outgoing = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._receive: Receive
        self._reconnected: Callable[[], None]

    async def start(self, hub: str, receive: Receive, reconnected: Callable[[], None], ended: Watch) -> None:
        """Connect, and go on trying when Redis is away. Topics are the hub's own: others may use the same Redis."""
        self._prefix = f"frostbyte:{hub}:"
        self._receive = receive
        self._reconnected = reconnected
        self._tasks = [asyncio.create_task(work) for work in (self._listen(), self._send(), self._beat())]
        for task in self._tasks:
            task.add_done_callback(ended)
        await self.subscribe(BEAT_TOPIC)

    def publish(self, topic: str, message: bytes) -> None:
        """Put the message into the outbox; the oldest is dropped when Redis is away for long."""
        self._outbox.append((topic, message))
        self._has_outgoing.set()

    async def subscribe(self, topic: str) -> None:
        """Receive a topic; waits for Redis to confirm, at most a second."""
        self._topics.add(topic)
        confirmed = self._confirmed.setdefault(topic, asyncio.Event())
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                if self.connected:
                    await self._pubsub.subscribe(self._prefix + topic)
                    await confirmed.wait()
        except _FAILURES as error:
            log.warning("redis: could not subscribe, trying again with the connection: %s", error)

    async def unsubscribe(self, topic: str) -> None:
        """Receive a topic no longer."""
        self._topics.discard(topic)
        self._confirmed.pop(topic, None)
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                if self.connected:
                    await self._pubsub.unsubscribe(self._prefix + topic)
        except _FAILURES as error:
            log.info("redis: could not unsubscribe: %s", error)

    async def close(self) -> None:
        """Send what is waiting, for at most a second, and disconnect."""
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                while self._outbox and self.connected:
                    await asyncio.sleep(0.01)
        except TimeoutError:
            log.warning("redis: %d messages were not sent before the end", len(self._outbox))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._pubsub.aclose()
        await self._client.aclose()
        await self._sender.aclose()

    async def _listen(self) -> None:
        low, high = BACKOFF_SECONDS
        wait = low
        while True:
            try:
                await self._connect()
                wait = low
                while monotonic() - self._heard < SILENT_SECONDS:
                    message = await self._pubsub.get_message(timeout=BEAT_SECONDS)
                    if message is not None:
                        self._handle(message)
                raise exceptions.TimeoutError("nothing came through, not even what this worker sent to itself")
            except _FAILURES as error:
                if self.connected:
                    log.warning("redis: connection lost, the feeds go on from the log: %s", error)
                self.connected = False
                self._confirmed = {topic: asyncio.Event() for topic in self._topics}
                await asyncio.sleep(random.uniform(low, wait))
                wait = min(high, wait * 2)

    async def _connect(self) -> None:
        await self._pubsub.aclose()
        self._pubsub = self._client.pubsub(ignore_subscribe_messages=False)
        await self._pubsub.subscribe(*[self._prefix + topic for topic in self._topics])
        self._heard = monotonic()
        self.connected = True
        log.info("redis: connected")
        self._reconnected()

    def _handle(self, message: dict[str, Any]) -> None:
        self._heard = monotonic()
        topic = message["channel"].decode()[len(self._prefix) :]
        if message["type"] == "message":
            data: bytes = message["data"]
            if not data.startswith(self._worker):
                self._receive(topic, data[data.index(b"\n") + 1 :])
        elif message["type"] == "subscribe" and topic in self._confirmed:
            self._confirmed[topic].set()

    async def _beat(self) -> None:
        """Send something to ourselves: a connection that died without a word is noticed by what does not come."""
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            if self.connected:
                self.publish(BEAT_TOPIC, b"")

    async def _send(self) -> None:
        while True:
            await self._has_outgoing.wait()
            self._has_outgoing.clear()
            while self._outbox:
                batch = [self._outbox.popleft() for _ in range(min(BATCH, len(self._outbox)))]
                try:
                    await self._send_batch(batch)
                except _FAILURES as error:
                    log.warning("redis: %d messages were not sent: %s", len(batch), error)
                    await asyncio.sleep(BACKOFF_SECONDS[0])

    async def _send_batch(self, batch: list[tuple[str, bytes]]) -> None:
        async with asyncio.timeout(TIMEOUT_SECONDS), self._sender.pipeline(transaction=False) as pipeline:
            for topic, message in batch:
                pipeline.publish(self._prefix + topic, self._worker + message)
            await pipeline.execute()


def _client(url: str) -> "Redis":
    return Redis.from_url(
        url,
        socket_timeout=None,
        socket_connect_timeout=TIMEOUT_SECONDS,
        health_check_interval=0,
        retry=Retry(NoBackoff(), 0),
    )
