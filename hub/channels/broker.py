"""What carries messages between workers. It is there for speed only: whatever it loses, the event log has."""

import asyncio
from collections.abc import Callable
from typing import Protocol

Receive = Callable[[str, bytes], None]


class Listener(Protocol):
    """What a broker tells the worker that it belongs to. None of it raises."""

    def received(self, topic: str, message: bytes) -> None:
        """Another worker has published this."""

    def unreadable(self, topic: str, why: str) -> None:
        """Something came that no worker of this hub has sent."""

    def subscribed(self, topic: str) -> None:
        """From here on the topic is received; what was published before may have been missed."""

    def reconnected(self) -> None:
        """Messages may have been lost."""

    def task_ended(self, task: asyncio.Task[None]) -> None:
        """A task has ended that should not."""


class Broker(Protocol):
    """Publish and subscribe by topic. A worker does not get its own messages back."""

    @property
    def connected(self) -> bool:
        """Whether messages go through at the moment."""

    @property
    def hearing(self) -> bool:
        """Whether something came through just now, so that the silence of another worker is a sign."""

    async def start(self, hub: str, listener: Listener) -> None:
        """Begin to hear the other workers of `hub`, and nobody else."""

    def publish(self, topic: str, message: bytes) -> None:
        """Send without waiting; a message that cannot go out is dropped."""

    def subscribe(self, topic: str) -> None:
        """Receive a topic as soon as that can be; nobody waits for it."""

    def unsubscribe(self, topic: str) -> None:
        """Receive a topic no longer."""

    async def close(self) -> None:
        """Send what is waiting and end."""
