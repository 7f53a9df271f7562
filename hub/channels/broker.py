"""What carries messages between workers. It is there for speed only: whatever it loses, the event log has."""

import asyncio
from collections.abc import Callable
from typing import Protocol

Receive = Callable[[str, bytes], None]
Watch = Callable[[asyncio.Task[None]], None]


class Broker(Protocol):
    """Publish and subscribe by topic. A worker does not get its own messages back."""

    @property
    def connected(self) -> bool:
        """Whether messages go through at the moment."""

    async def start(self, hub: str, receive: Receive, reconnected: Callable[[], None], ended: Watch) -> None:
        """Begin to hear the other workers of `hub`, and nobody else.

        `receive` gets topic and message; `reconnected` is called when messages may have been lost;
        `ended` is called with a task that should not have ended.
        """

    def publish(self, topic: str, message: bytes) -> None:
        """Send without waiting; a message that cannot go out is dropped."""

    async def subscribe(self, topic: str) -> None:
        """Receive a topic from now on; returns at once when there is no connection, and subscribes later."""

    async def unsubscribe(self, topic: str) -> None:
        """Receive a topic no longer."""

    async def close(self) -> None:
        """Send what is waiting and end."""
