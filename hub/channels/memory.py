"""The broker of a single worker: there is nobody else to tell."""

from hub.channels.broker import Listener


class MemoryBroker:
    """Carries nothing, because a worker hands its own events to its own feeds."""

    connected = True
    hearing = True

    async def start(self, hub: str, listener: Listener) -> None:
        """Nothing to begin."""

    def publish(self, topic: str, message: bytes) -> None:
        """Nobody to send to."""

    def subscribe(self, topic: str) -> None:
        """Nothing to receive."""

    def unsubscribe(self, topic: str) -> None:
        """Nothing to stop."""

    async def close(self) -> None:
        """Nothing to end."""
