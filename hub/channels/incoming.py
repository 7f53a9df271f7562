"""What comes over the broker goes to whoever takes its topic. Whatever it is, it never ends the worker.

Redis is shared with people and programs: what cannot be read is passed over and counted.
"""

import asyncio
import logging
from collections.abc import Callable

import msgspec

from hub import metrics
from hub.channels.broker import Receive

LARGEST = 8 * 1024 * 1024
QUIET_SECONDS = 60
log = logging.getLogger("hub.broker")


class Incoming:
    """Who takes the messages of which topics; what the broker tells its worker."""

    def __init__(
        self,
        clock: Callable[[], float],
        reconnected: Callable[[], None],
        task_ended: Callable[[asyncio.Task[None]], None],
    ) -> None:
        self.reconnected = reconnected
        self.task_ended = task_ended
        self._takers: dict[str, Receive] = {}
        self._subscribed: dict[str, Callable[[str], None]] = {}
        self._clock = clock
        self._logged_at = -1e9

    def give(self, prefix: str, taker: Receive, subscribed: Callable[[str], None] | None = None) -> None:
        """Give the topics `prefix…` (when it ends with a colon) or the one topic `prefix` to `taker`.

        It may raise ValueError, MsgspecError or RecursionError for what it cannot read. `subscribed` hears from when on
        a topic is received.
        """
        self._takers[prefix] = taker
        if subscribed is not None:
            self._subscribed[prefix] = subscribed

    def received(self, topic: str, message: bytes) -> None:
        """Hand a message on."""
        taker = self._takers.get(_prefix_of(topic))
        if taker is None or len(message) > LARGEST:
            self.unreadable(topic, "nobody takes it" if taker is None else "it is too large")
            return
        try:
            taker(topic, message)
        except (ValueError, msgspec.MsgspecError, RecursionError) as error:
            self.unreadable(topic, str(error))
        # The listener of the broker would end with what is raised here, and with it the worker, and all others alike.
        except Exception:
            metrics.broker_unreadable.inc()
            log.exception("a message on %s could not be taken", topic)

    def subscribed(self, topic: str) -> None:
        """From here on the topic is received."""
        if (subscribed := self._subscribed.get(_prefix_of(topic))) is not None:
            subscribed(topic)

    def unreadable(self, topic: str, why: str) -> None:
        """Count a message that no worker of this hub can have meant, and log one in a minute."""
        metrics.broker_unreadable.inc()
        now = self._clock()
        if now - self._logged_at >= QUIET_SECONDS:
            self._logged_at = now
            log.warning("the broker gave a message on %s that cannot be read: %.200s", topic, why)


def _prefix_of(topic: str) -> str:
    return topic[: topic.find(":") + 1] or topic
