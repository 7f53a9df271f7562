"""What the realtime core asks of the event log, whatever keeps it."""

from collections.abc import Sequence
from typing import Protocol

from hub.events import Envelope, Head


class Page(Protocol):
    """Entries of a channel's log in order, and its head when they were read."""

    @property
    def epoch(self) -> str:
        """The log's life."""

    @property
    def seq(self) -> int:
        """The head."""

    @property
    def mark(self) -> str:
        """The head's mark, empty when it has none."""

    @property
    def before(self) -> str:
        """The mark that the first entry follows, empty when it is not known."""

    @property
    def entries(self) -> list[Envelope]:
        """Consecutive events; shorter than asked for at the head."""


class EventLog(Protocol):
    """The source of truth for durable events. All calls raise Unavailable."""

    async def heads(self) -> Sequence[Head]:
        """Where every channel's log is."""

    async def read(self, slug: str, after: int, limit: int, most_bytes: int | None = None) -> Page | None:
        """At most `limit` entries after `after`, or None for an unknown channel.

        With `most_bytes` there are no more than fit in, but at least one.
        """

    async def exceeds(self, slug: str, after: int, size: int) -> bool:
        """Whether the texts of all entries after `after` have more than `size` characters."""

    async def renew_if_other(self, known: Head) -> bool:
        """Give the channel a new epoch when its log, under the same one, is not that of which `known` was true.

        Returns whether that was so.
        """
