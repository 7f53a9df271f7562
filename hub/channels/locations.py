"""Live locations on one worker: who is where now, conflated to one update a second for each member in all channels.

The newest position replaces every earlier one. What other workers tell comes over the broker at once; once a second
the store is asked as well, so that a lost message, or Redis being away, costs a second.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from hub.errors import HubError
from hub.events import Envelope, LocationRemoved, LocationUpdated, Who, encode_event
from hub.locations import Location, LocationInput
from hub.model import utc_now
from hub.ratelimit import Limiter, Rate
from hub.tokens import Identity

INTERVAL_SECONDS = 1.0
# What has waited goes out with the tick, which is a little early now and then.
TICK_SECONDS = 0.9
SET = Rate(burst=5, per_second=1)
CLEAR = Rate(burst=3, per_second=1)
ENTITY = "location:"
Key = tuple[str, str]
log = logging.getLogger("hub.locations")


class LocationStore(Protocol):
    """Where the newest positions are kept."""

    async def put(self, channel: str, user_id: int, new: LocationInput) -> Location:
        """Take a member's newest position. Raises NotFound, Muted or Unavailable."""

    async def remove(self, channel: str, user_id: int) -> bool:
        """Forget where a member is; returns whether that was known. Raises NotFound or Unavailable."""

    async def everywhere(self) -> Sequence[tuple[str, Location]]:
        """All live locations with their channels. Raises Unavailable."""

    async def forget_expired(self) -> None:
        """Erase what has ended. Raises Unavailable."""


class _Known(msgspec.Struct):
    """A location and when this worker heard of it."""

    location: Location
    heard_at: float


class LiveLocations:
    """Who is where. `publish` tells all workers and this one's feed, `show` this one's feed only."""

    def __init__(
        self,
        store: LocationStore,
        publish: Callable[[Envelope], None],
        show: Callable[[Envelope], None],
        clock: Callable[[], float],
        now: Callable[[], str] = utc_now,
        *,
        limits: bool = True,
    ) -> None:
        self._store = store
        self._limits = limits
        self._sets = Limiter(SET, clock)
        self._clears = Limiter(CLEAR, clock)
        self._publish = publish
        self._show = show
        self._clock = clock
        self._now = now
        self._known: dict[str, dict[str, _Known]] = {}
        self._told_at: dict[str, float] = {}
        self._untold: dict[Key, Location] = {}
        self._offered: dict[Key, tuple[Identity, LocationInput]] = {}
        self._storing: dict[Key, asyncio.Task[None]] = {}
        self._forgetting: asyncio.Task[None] | None = None

    def of(self, channel: str) -> list[Location]:
        """The live locations of a channel."""
        known = self._known.get(channel)
        if not known:
            return []
        now = self._now()
        return [entry.location for entry in known.values() if entry.location.expires_at > now]

    def offer(self, channel: str, who: Identity, new: LocationInput) -> None:
        """Take a position from a socket; a newer one may replace it before it is stored, at most a second later."""
        key = (channel, who.username)
        self._offered[key] = (who, self._instead_of_offered(key, new))
        if self._may_tell(who.username) and key not in self._storing:
            self._store_offered(key)

    async def put(self, channel: str, who: Identity, new: LocationInput) -> Location:
        """Store a position at once. Raises NotFound, Muted, Unavailable, or TooManyRequests of a member's in a row."""
        if self._limits:
            self._sets.check(str(who.user_id), "positions in a short time")
        new = self._instead_of_offered((channel, who.username), new)
        location = await self._store.put(channel, who.user_id, new)
        self._tell_soon(channel, location)
        return location

    async def clear(self, channel: str, who: Identity) -> bool:
        """Stop sharing; returns whether there was something, else nobody is told.

        Raises NotFound, Unavailable, or TooManyRequests of a member's in a row.
        """
        if self._limits:
            self._clears.check(str(who.user_id), "attempts to stop sharing in a short time")
        key = (channel, who.username)
        self._offered.pop(key, None)
        if (storing := self._storing.get(key)) is not None:
            await asyncio.wait([storing])
        removed = await self._store.remove(channel, who.user_id)
        if removed:
            self.removed(channel, who.username)
        return removed

    def removed(self, channel: str, username: str) -> None:
        """Tell everyone that a member's location was removed."""
        self._untold.pop((channel, username), None)
        self._forget(channel, username)
        self._publish(_removal(channel, username, self._now()))

    def heard(self, event: Envelope) -> None:
        """What another worker tells. Raises msgspec.DecodeError."""
        told = msgspec.json.decode(event.text, type=LocationUpdated | LocationRemoved)
        if isinstance(told, LocationRemoved):
            self._forget(event.channel, told.data.username)
            self._show(event)
        elif self._is_news(event.channel, told.data):
            self._remember(event.channel, told.data)
            self._show(event)

    async def refresh(self) -> None:
        """Compare with the store, and show what differs. Raises Unavailable."""
        asked = self._clock()
        stored: dict[str, dict[str, Location]] = {}
        for channel, location in await self._store.everywhere():
            stored.setdefault(channel, {})[location.username] = location
        for channel, locations in stored.items():
            for location in locations.values():
                if self._is_news(channel, location) and (channel, location.username) not in self._untold:
                    self._remember(channel, location)
                    self._show(_update(channel, location))
        for channel, known in list(self._known.items()):
            for username, entry in list(known.items()):
                if username not in stored.get(channel, {}) and entry.heard_at < asked:
                    self._forget(channel, username)
                    self._show(_removal(channel, username, self._now()))

    def tick(self) -> None:
        """Once a second: pass on what had to wait, and end what has expired."""
        for key in [key for key in self._offered if key not in self._storing]:
            if self._may_tell(key[1], TICK_SECONDS):
                self._store_offered(key)
        for (channel, _), location in list(self._untold.items()):
            self._tell_soon(channel, location, TICK_SECONDS)
        before = self._clock() - 10 * INTERVAL_SECONDS
        self._told_at = {username: at for username, at in self._told_at.items() if at > before}
        self._expire()

    async def close(self) -> None:
        """Store what was offered, and end."""
        for key in list(self._offered):
            if key not in self._storing:
                self._store_offered(key)
        await asyncio.gather(*self._storing.values(), *([self._forgetting] if self._forgetting else []))

    def _expire(self) -> None:
        now = self._now()
        ended = [
            (channel, username)
            for channel, known in self._known.items()
            for username, entry in known.items()
            if entry.location.expires_at <= now
        ]
        for channel, username in ended:
            self._forget(channel, username)
            self._show(_removal(channel, username, now))
        if ended and self._forgetting is None:
            self._forgetting = asyncio.create_task(self._forget_expired())

    async def _forget_expired(self) -> None:
        try:
            await self._store.forget_expired()
        except HubError as error:
            log.warning("expired locations are erased later: %s", error)
        finally:
            self._forgetting = None

    def _instead_of_offered(self, key: Key, new: LocationInput) -> LocationInput:
        _, offered = self._offered.pop(key, (None, new))
        return new if new.expires_in else msgspec.structs.replace(new, expires_in=offered.expires_in)

    def _may_tell(self, username: str, pause: float = INTERVAL_SECONDS) -> bool:
        return self._clock() - self._told_at.get(username, -1e9) >= pause

    def _store_offered(self, key: Key) -> None:
        who, new = self._offered.pop(key)
        self._told_at[who.username] = self._clock()
        task = self._storing[key] = asyncio.create_task(self._put_offered(key, who, new))
        task.add_done_callback(lambda _: self._storing.pop(key, None))

    async def _put_offered(self, key: Key, who: Identity, new: LocationInput) -> None:
        try:
            location = await self._store.put(key[0], who.user_id, new)
        except HubError as error:
            log.warning("a location could not be stored: %s", error)
            return
        self._tell(key[0], location)

    def _tell_soon(self, channel: str, location: Location, pause: float = INTERVAL_SECONDS) -> None:
        key = (channel, location.username)
        if not self._is_news(channel, location):
            self._untold.pop(key, None)
        elif self._may_tell(location.username, pause):
            self._untold.pop(key, None)
            self._told_at[location.username] = self._clock()
            self._tell(channel, location)
        else:
            self._untold[key] = location

    def _tell(self, channel: str, location: Location) -> None:
        if self._is_news(channel, location):
            self._remember(channel, location)
            self._publish(_update(channel, location))

    def _is_news(self, channel: str, location: Location) -> bool:
        entry = self._known.get(channel, {}).get(location.username)
        return entry is None or entry.location.updated_at < location.updated_at

    def _remember(self, channel: str, location: Location) -> None:
        self._known.setdefault(channel, {})[location.username] = _Known(location, self._clock())

    def _forget(self, channel: str, username: str) -> None:
        known = self._known.get(channel, {})
        known.pop(username, None)
        if not known:
            self._known.pop(channel, None)


def _update(channel: str, location: Location) -> Envelope:
    event = LocationUpdated(channel=channel, at=location.updated_at, data=location)
    return Envelope(channel, "", 0, ENTITY + location.username, encode_event(event))


def _removal(channel: str, username: str, at: str) -> Envelope:
    event = LocationRemoved(channel=channel, at=at, data=Who(username))
    return Envelope(channel, "", 0, ENTITY + username, encode_event(event))
