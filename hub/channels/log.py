"""What the realtime core asks of the event log, whatever keeps it."""

from collections.abc import Sequence
from typing import Protocol

from hub.events import Envelope


class Page(Protocol):
    """Entries of a channel's log in order, and its head when they were read."""

    @property
    def epoch(self) -> str:
        """The log's life."""

    @property
    def seq(self) -> int:
        """The head."""

    @property
    def entries(self) -> list[Envelope]:
        """Consecutive events; shorter than asked for at the head."""


class EventLog(Protocol):
    """The source of truth for durable events. Both calls raise Unavailable."""

    async def heads(self) -> Sequence[tuple[str, str, int]]:
        """Slug, epoch and head `seq` of every channel."""

    async def read(self, slug: str, after: int, limit: int) -> Page | None:
        """At most `limit` entries after `after`, or None for an unknown channel."""
