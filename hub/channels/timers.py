"""One timer wheel per worker: deadlines of all its sockets, to the second, without a task for any."""

from typing import Generic, TypeVar

T = TypeVar("T")


class TimerWheel(Generic[T]):
    """Entries in slots of one second, at most `span` seconds ahead. There is no cancelling: a due entry is checked."""

    def __init__(self, span: int = 64) -> None:
        self._slots: list[list[T]] = [[] for _ in range(span)]
        self._now = 0

    def schedule(self, seconds: float, entry: T) -> None:
        """Make `entry` due after `seconds`, rounded up."""
        ticks = min(max(1, -int(-seconds // 1)), len(self._slots) - 1)
        self._slots[(self._now + ticks) % len(self._slots)].append(entry)

    def tick(self) -> list[T]:
        """One second on: the entries that are due."""
        self._now = (self._now + 1) % len(self._slots)
        due, self._slots[self._now] = self._slots[self._now], []
        return due
