"""Presence as it travels: this worker's word to the others, theirs to it, and what subscribers hear of both."""

from collections.abc import Callable

from hub.channels.broker import Broker
from hub.channels.feeds import Feeds
from hub.channels.presence import Presence, decode_report, encode_report
from hub.events import Envelope, PresenceChanged, encode_event
from hub.model import utc_now

TOPIC = "presence"
TOLD_EVERY_SECONDS = 0.9
CROWD_PER_SECOND = 500


class PresenceNews:
    """Tells who is here."""

    def __init__(self, presence: Presence, broker: Broker, feeds: Feeds, clock: Callable[[], float]) -> None:
        self._presence = presence
        self._broker = broker
        self._feeds = feeds
        self._clock = clock
        self._told_at: dict[str, float] = {}

    def received(self, _: str, message: bytes) -> None:
        """Take another worker's word. Raises ValueError or MsgspecError for what is none."""
        if self._presence.hear(decode_report(message)):
            self.tell_all()
            for report in self._presence.held_reports():
                self._broker.publish(TOPIC, encode_report(report))

    def tell_all(self) -> None:
        """Tell the other workers everything."""
        self._broker.publish(TOPIC, encode_report(self._presence.full_report()))

    def leave(self) -> None:
        """Tell them that this worker's sockets are about to be closed."""
        self._presence.start_leaving()
        self.tell_all()

    def tick(self) -> None:
        """Once a second: tell the other workers and the subscribers what has changed."""
        self._presence.forget_silent(hearing=self._broker.hearing)
        report = self._presence.report()
        if report is not None:
            self._broker.publish(TOPIC, encode_report(report))
        now = self._clock()
        for channel in self._presence.take_changed():
            feed = self._feeds.open.get(channel)
            if feed is None:
                continue
            # A crowd hears of it less often: the cost of telling grows with its square.
            if now - self._told_at.get(channel, -1e9) < max(TOLD_EVERY_SECONDS, feed.attached / CROWD_PER_SECOND):
                self._presence.put_back([channel])
                continue
            self._told_at[channel] = now
            event = PresenceChanged(channel=channel, at=utc_now(), data=self._presence.of(channel))
            feed.receive(Envelope(channel, "", 0, "presence", encode_event(event)))
