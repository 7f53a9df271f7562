"""The broker of a single worker: there is nobody else to tell."""

from collections.abc import Callable

from hub.channels.broker import Receive, Watch


class MemoryBroker:
    """Carries nothing, because a worker hands its own events to its own feeds."""

    connected = True

    async def start(self, hub: str, receive: Receive, reconnected: Callable[[], None], ended: Watch) -> None:
        """Nothing to begin."""

    def publish(self, topic: str, message: bytes) -> None:
        """Nobody to send to."""

    async def subscribe(self, topic: str) -> None:
        """Nothing to receive."""

    async def unsubscribe(self, topic: str) -> None:
        """Nothing to stop."""

    async def close(self) -> None:
        """Nothing to end."""
