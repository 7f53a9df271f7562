"""Messages on their way to the broker: bounded in number and bytes, the oldest give way."""

import asyncio
from collections import deque

MESSAGES = 10_000
BYTES = 16 * 1024 * 1024


class Outbox:
    """A queue that never makes its writer wait. `dropped` counts what did not go out."""

    def __init__(self) -> None:
        self.dropped = 0
        self._waiting: deque[tuple[str, bytes]] = deque()
        self._bytes = 0
        self._filled = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, topic: str, message: bytes) -> None:
        """Add a message; drop the oldest when there are too many."""
        self._waiting.append((topic, message))
        self._bytes += len(message)
        while len(self._waiting) > MESSAGES or (self._bytes > BYTES and len(self._waiting) > 1):
            self._pop()
            self.dropped += 1
        self._filled.set()

    async def take(self, count: int) -> list[tuple[str, bytes]]:
        """The oldest messages, at most `count`; waits for the first."""
        while not self._waiting:
            self._filled.clear()
            await self._filled.wait()
        return [self._pop() for _ in range(min(count, len(self._waiting)))]

    def _pop(self) -> tuple[str, bytes]:
        topic, message = self._waiting.popleft()
        self._bytes -= len(message)
        return topic, message
