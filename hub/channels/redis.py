"""The broker between workers: Redis pub/sub, off every request's path, with timeouts of its own."""

import asyncio
import contextlib
import logging
import random
from time import monotonic
from typing import Any

from redis import exceptions
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from hub.channels.broker import Listener
from hub.channels.outbox import Outbox

TIMEOUT_SECONDS = 1.0
BEAT_SECONDS = 2.0
HEARING_SECONDS = 3.0
SILENT_SECONDS = 6.0
BEAT_TOPIC = "beat"
BACKOFF_SECONDS = (0.05, 1.0)
BATCH = 200
_FAILURES = (exceptions.RedisError, OSError, asyncio.TimeoutError)
log = logging.getLogger("hub.redis")


class RedisBroker:
    """One connection that listens and one that publishes; both come back by themselves."""

    def __init__(self, url: str, worker: str) -> None:
        self.connected = False
        self._prefix = ""
        self._worker = worker.encode()
        self._client = _client(url)
        self._sender = _client(url)
        self._pubsub: Any = self._client.pubsub(ignore_subscribe_messages=False)
        self._topics = {BEAT_TOPIC}
        self._asked: set[str] = set()
        self._late: set[str] = set()
        self._topics_changed = asyncio.Event()
        self._first_connected = asyncio.Event()
        self._heard = 0.0
        self._lost = False
        self._outbox = Outbox()
        self._failing = False
        self._tasks: list[asyncio.Task[None]] = []
        self._listener: Listener

    @property
    def hearing(self) -> bool:
        """Whether something came through just now; this worker's own beat would have."""
        return self.connected and monotonic() - self._heard < HEARING_SECONDS

    async def start(self, hub: str, listener: Listener) -> None:
        """Connect, for at most a second, and go on trying when Redis is away.

        Topics are the hub's own: others may use the same Redis.
        """
        self._prefix = f"frostbyte:{hub}:"
        self._listener = listener
        works = (self._listen(), self._send(), self._beat(), self._follow_topics())
        self._tasks = [asyncio.create_task(work) for work in works]
        for task in self._tasks:
            task.add_done_callback(listener.task_ended)
        # The first who come are to be told who is on the other workers, too.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(TIMEOUT_SECONDS):
                await self._first_connected.wait()

    def publish(self, topic: str, message: bytes) -> None:
        """Put the message into the outbox; the oldest is dropped when Redis is away for long."""
        self._outbox.put(topic, message)

    def subscribe(self, topic: str) -> None:
        """Receive a topic as soon as Redis has confirmed it."""
        self._topics.add(topic)
        self._topics_changed.set()

    def unsubscribe(self, topic: str) -> None:
        """Receive a topic no longer."""
        self._topics.discard(topic)
        self._topics_changed.set()

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
                while not self._lost and monotonic() - self._heard < SILENT_SECONDS:
                    message = await self._pubsub.get_message(timeout=BEAT_SECONDS)
                    if message is not None:
                        self._handle(message)
                raise exceptions.TimeoutError("nothing comes through, not even what this worker sends to itself")
            except _FAILURES as error:
                if self.connected:
                    log.warning("redis: connection lost, the feeds go on from the log: %s", error)
                self.connected = False
                await asyncio.sleep(random.uniform(low, wait))
                wait = min(high, wait * 2)

    async def _connect(self) -> None:
        # A Redis that hangs takes a connection and answers nothing.
        async with asyncio.timeout(2 * TIMEOUT_SECONDS):
            await self._pubsub.aclose()
            self._pubsub = self._client.pubsub(ignore_subscribe_messages=False)
            asked = set(self._topics)
            await self._pubsub.subscribe(*[self._prefix + topic for topic in asked])
        self._asked, self._late = asked, set()
        self._heard, self._lost = monotonic(), False
        self.connected = True
        self._topics_changed.set()
        self._first_connected.set()
        log.info("redis: connected")
        self._listener.reconnected()

    async def _follow_topics(self) -> None:
        """Ask Redis for the topics that are wanted. In one place, so that what is asked last is what holds."""
        while True:
            await self._topics_changed.wait()
            self._topics_changed.clear()
            if not self.connected:
                continue
            new, old = self._topics - self._asked, self._asked - self._topics
            self._asked = set(self._topics)
            self._late = (self._late | new) - old
            pubsub = self._pubsub
            try:
                async with asyncio.timeout(TIMEOUT_SECONDS):
                    if new:
                        await pubsub.subscribe(*[self._prefix + topic for topic in new])
                    if old:
                        await pubsub.unsubscribe(*[self._prefix + topic for topic in old])
            except _FAILURES as error:
                log.info("redis: topics are asked for again with the next connection: %s", error)
                self._lost = pubsub is self._pubsub

    def _handle(self, message: dict[str, Any]) -> None:
        self._heard = monotonic()
        topic = message["channel"].decode()[len(self._prefix) :]
        if message["type"] == "message":
            sender, line_break, body = message["data"].partition(b"\n")
            if not line_break:
                self._listener.unreadable(topic, "it does not say who sent it")
            elif sender != self._worker and topic != BEAT_TOPIC:
                self._listener.received(topic, body)
        elif message["type"] == "subscribe" and topic in self._late:
            self._late.discard(topic)
            self._listener.subscribed(topic)

    async def _beat(self) -> None:
        """Send something to ourselves: a connection that died without a word is noticed by what does not come."""
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            if self.connected:
                self.publish(BEAT_TOPIC, b"")

    async def _send(self) -> None:
        while True:
            batch = await self._outbox.take(BATCH)
            try:
                await self._send_batch(batch)
            except _FAILURES as error:
                self._not_sent(len(batch), error)
                await asyncio.sleep(BACKOFF_SECONDS[0])
            else:
                self._sent()

    async def _send_batch(self, batch: list[tuple[str, bytes]]) -> None:
        async with asyncio.timeout(TIMEOUT_SECONDS), self._sender.pipeline(transaction=False) as pipeline:
            for topic, message in batch:
                pipeline.publish(self._prefix + topic, self._worker + b"\n" + message)
            await pipeline.execute()

    def _not_sent(self, count: int, error: BaseException) -> None:
        """Say once in each outage that nothing is sent."""
        self._outbox.dropped += count
        if not self._failing:
            log.warning("redis: messages are not sent for now: %s", str(error) or type(error).__name__)
        self._failing = True

    def _sent(self) -> None:
        if self._failing or self._outbox.dropped:
            log.warning("redis: messages are sent again; %d were not", self._outbox.dropped)
        self._failing, self._outbox.dropped = False, 0


def _client(url: str) -> "Redis":
    return Redis.from_url(
        url,
        socket_timeout=None,
        socket_connect_timeout=TIMEOUT_SECONDS,
        health_check_interval=0,
        retry=Retry(NoBackoff(), 0),
    )
