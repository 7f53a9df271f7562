"""The worker's realtime core: feeds and sockets, and what goes between them, the broker and the store."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from hub import metrics
from hub.channels import codes
from hub.channels.broker import Broker, Receive
from hub.channels.connection import Connection, Deadline
from hub.channels.drain import say_goodbye
from hub.channels.feed import Feed
from hub.channels.feeds import TOPIC as CHANNEL_TOPICS
from hub.channels.feeds import Feeds, topic_of
from hub.channels.incoming import Incoming
from hub.channels.locations import ENTITY as LOCATION
from hub.channels.locations import LiveLocations, LocationStore
from hub.channels.log import EventLog
from hub.channels.mutes import Mutes, ReadMutes, nobody_muted
from hub.channels.presence import Presence
from hub.channels.presence_news import TOPIC as PRESENCE_TOPIC
from hub.channels.presence_news import PresenceNews
from hub.channels.registry import REMEMBER_SECONDS, Registry
from hub.channels.session import Session
from hub.channels.subscriber import HEARTBEAT_SECONDS, Subscriber
from hub.channels.tail import Tail
from hub.channels.timers import TimerWheel
from hub.channels.unsent import Unsent
from hub.errors import HubError, Unauthorized
from hub.events import Envelope, Typing, Who, decode_envelope, encode_event
from hub.locations import Location, LocationInput
from hub.model import rfc3339, utc_now
from hub.ratelimit import Limiter, Rate
from hub.tokens import Identity

TYPING = Rate(burst=1, per_second=1 / 3)
DUE_AT_ONCE = 100
SESSIONS_TOPIC = "sessions"
log = logging.getLogger("hub.sockets")

EndedSince = Callable[[str], Awaitable[list[str]]]


class Hub:
    """What one worker knows about its channels, subscribers and sessions."""

    def __init__(
        self,
        worker: str,
        events: EventLog,
        locations: LocationStore,
        broker: Broker,
        read_token: Callable[[str], Identity],
        ended_since: EndedSince,
        *,
        limits: bool = True,
        read_mutes: ReadMutes = nobody_muted,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.worker = worker
        self.clock = clock
        self.limits = limits
        self.draining = False
        self.failed = False
        self.on_failure: Callable[[], None] = lambda: None
        self.wheel: TimerWheel[tuple[Connection, Deadline]] = TimerWheel()
        self.unsent = Unsent(per_address=limits)
        self.presence = Presence(worker, clock)
        self.registry = Registry(clock, limits)
        self.feeds = Feeds(events, broker, clock)
        self.broker = broker
        self.mutes = Mutes(read_mutes)
        self.locations = LiveLocations(locations, self.publish, self.show, clock, limits=limits)
        self.tail = Tail(events, self.feeds.open, self._poll, self._channel_deleted)
        self._read_token = read_token
        self._ended_since = ended_since
        self._polled_from = datetime.now(UTC) - timedelta(seconds=REMEMBER_SECONDS)
        self._typing = Limiter(TYPING, clock)
        self._presence_news = PresenceNews(self.presence, broker, self.feeds, clock)
        self.incoming = Incoming(clock, self._reconnected, self._task_ended)
        self.incoming.give(PRESENCE_TOPIC, self._presence_news.received)
        self.incoming.give(SESSIONS_TOPIC, self._sessions_received)
        self.listen(CHANNEL_TOPICS, self._event_received, self.feeds.subscribed)
        self._tasks: list[asyncio.Task[None]] = []
        self._clearing: set[asyncio.Task[None]] = set()

    async def start(self, name: str) -> None:
        """Connect to the other workers of the hub called `name` and begin to tick."""
        await self._poll()
        for topic in (PRESENCE_TOPIC, SESSIONS_TOPIC):
            self.broker.subscribe(topic)
        await self.broker.start(name, self.incoming)
        self._tasks = [asyncio.create_task(self.tail.run()), asyncio.create_task(self._tick_for_ever())]
        for task in self._tasks:
            self.watch(task)

    def listen(self, prefix: str, receive: Receive, subscribed: Callable[[str], None]) -> None:
        """Give the messages of all topics that begin with `prefix`, which ends with a colon, to `receive`.

        `subscribed` hears from when on a topic is received.
        """
        self.incoming.give(prefix, receive, subscribed)

    def watch(self, task: asyncio.Task[None]) -> None:
        """End the worker when `task` ends by itself: it is one that the worker cannot do without."""
        task.add_done_callback(self._task_ended)

    async def close(self) -> None:
        """End; the sockets have been closed by `drain`."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(self.locations.close(), *self._clearing)
        for feed in self.feeds.open.values():
            feed.close()
        await self.broker.close()

    def wall_clock(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def authenticate(self, token: str) -> Identity:
        """Who an access token speaks for. Raises Unauthorized."""
        identity = self._read_token(token)
        if self.registry.has_ended(identity.session):
            raise Unauthorized("You have been logged out: log in again.")
        return identity

    def committed(self, announcements: Sequence[Envelope | msgspec.Struct]) -> None:
        """Hand on what this worker has just committed."""
        for announcement in announcements:
            if isinstance(announcement, Envelope):
                self.publish(announcement)
            elif sessions := getattr(announcement, "sessions", None):
                self.end_sessions(sessions)
                self.broker.publish(SESSIONS_TOPIC, msgspec.json.encode(sessions))

    def publish(self, event: Envelope) -> None:
        """Give an event to this worker's feed and to the other workers."""
        self.show(event)
        self.broker.publish(topic_of(event.channel), event.encode())

    def show(self, event: Envelope) -> None:
        """Give an event to this worker's feed."""
        feed = self.feeds.open.get(event.channel)
        if feed is not None:
            feed.receive(event)

    def typing(self, channel: str, who: Identity) -> None:
        """Tell the others that a member writes, at most once in three seconds. Raises Muted."""
        self.mutes.check(who.user_id, channel)
        if self._typing.wait_for(f"{channel}:{who.user_id}") == 0:
            event = Typing(channel=channel, at=utc_now(), data=Who(who.username))
            self.publish(Envelope(channel, "", 0, "", encode_event(event)))

    def locations_of(self, channel: str) -> list[Location]:
        """The live locations of a channel."""
        return self.locations.of(channel)

    def share_location(self, channel: str, who: Identity, new: LocationInput) -> None:
        """Take a position from a socket. Raises Muted."""
        self.mutes.check(who.user_id, channel)
        self.locations.offer(channel, who, new)

    def clear_location(self, channel: str, who: Identity, done: Callable[[HubError | None], None]) -> None:
        """Stop sharing; `done` hears when that is so, or why not."""
        task = asyncio.create_task(self._clear_location(channel, who, done))
        self._clearing.add(task)
        task.add_done_callback(self._clearing.discard)

    async def _clear_location(self, channel: str, who: Identity, done: Callable[[HubError | None], None]) -> None:
        try:
            await self.locations.clear(channel, who)
        except HubError as error:
            done(error)
        else:
            done(None)

    def end_sessions(self, sessions: Iterable[str]) -> None:
        """Close the sockets of sessions that have ended."""
        for socket in self.registry.end_sessions(sessions):
            socket.close(codes.TOKEN, "logged out")

    def socket_opened(self, socket: Session) -> None:
        """Count a socket."""
        self.registry.add(socket)

    def socket_closed(self, socket: Session) -> None:
        """Count a socket no longer, and log its end."""
        self.registry.remove(socket)
        metrics.socket_ended(socket.close_code)
        log.info(
            "socket ended",
            extra={
                "path": socket.path,
                "code": socket.close_code,
                "seconds": round(self.clock() - socket.opened_at, 1),
                "user": None if socket.identity is None else socket.identity.user_id,
                "address": socket.address,
            },
        )

    def socket_identified(self, socket: Session, identity: Identity) -> None:
        """A socket belongs to a member now. Raises TooManyRequests."""
        self.registry.identify(socket, identity)

    def token_refused(self, address: str) -> None:
        """A socket came with a bad token. Raises TooManyRequests."""
        self.registry.count_bad_token(address)

    async def drain(self, seconds: float) -> None:
        """Let all sockets go, within `seconds`; no new one is taken."""
        self.draining = True
        self._presence_news.leave()
        await say_goodbye(self.registry, self.clock, seconds)

    def _task_ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            log.critical("the realtime core has failed: this worker ends", exc_info=task.exception())
            self.failed = True
            self.on_failure()

    def _reconnected(self) -> None:
        self.tail.nudge()
        self._presence_news.tell_all()

    def _sessions_received(self, _: str, message: bytes) -> None:
        self.end_sessions(msgspec.json.decode(message, type=list[str]))

    def _event_received(self, topic: str, message: bytes) -> None:
        feed = self.feeds.open.get(topic.removeprefix(CHANNEL_TOPICS))
        if feed is None:
            return
        event = decode_envelope(feed.channel, message)
        if event.entity.startswith(LOCATION):
            self.locations.heard(event)
        else:
            feed.receive(event)

    async def _poll(self) -> None:
        await self._poll_ended_sessions()
        await self.mutes.refresh()
        await self.locations.refresh()

    async def _poll_ended_sessions(self) -> None:
        asked = datetime.now(UTC)
        self.end_sessions(
            session
            for session in await self._ended_since(rfc3339(self._polled_from - timedelta(seconds=5)))
            if not self.registry.has_ended(session)
        )
        self._polled_from = asked

    def _channel_deleted(self, feed: Feed) -> None:
        self.feeds.remove(feed)
        for socket in [one for one in self.registry.sockets if isinstance(one, Subscriber) and one.feed is feed]:
            socket.say_deleted()

    async def _tick_for_ever(self) -> None:
        next_tick = self.clock()
        while True:
            next_tick = max(next_tick + 1, self.clock())
            await asyncio.sleep(next_tick - self.clock())
            await self.tick()

    async def tick(self) -> None:
        """What is done once a second."""
        await self._due()
        self.unsent.look()
        for feed in self.feeds.open.values():
            feed.heartbeat(HEARTBEAT_SECONDS)
        self._presence_news.tick()
        self.locations.tick()
        self._count()
        self.registry.forget_old()
        self.feeds.close_idle()

    def _count(self) -> None:
        feeds = self.feeds.open.values()
        metrics.sockets.set(len(self.registry.sockets))
        metrics.sockets_behind.set(sum(len(feed.behind) for feed in feeds))
        metrics.sockets_unsent.set(self.unsent.bytes)
        metrics.feeds.set(len(feeds))
        metrics.broker_connected.set(self.broker.connected)
        for feed in feeds:
            metrics.deliveries.inc(feed.deliveries)
            feed.deliveries = 0

    async def _due(self) -> None:
        for number, (connection, deadline) in enumerate(self.wheel.tick(), 1):
            connection.due(deadline)
            if number % DUE_AT_ONCE == 0:
                await asyncio.sleep(0)
