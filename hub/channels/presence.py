"""Who is here: members by name and guests by number, across workers.

Every worker tells the others what changed once a second, and everything every fifteen seconds; a worker that has not
been heard for forty is forgotten with all who were on it, so that nobody stays as a ghost.
"""

from collections import Counter
from collections.abc import Callable, Iterable

import msgspec
from msgspec import Struct

from hub.events import PresenceData

SHOWN_MEMBERS = 100
CROWD = 200
FULL_SECONDS = 15
FORGET_SECONDS = 40


class ChannelPresence(Struct, frozen=True):
    """One worker's part of a channel: who came and went since its last word, or all when it tells everything."""

    joined: list[str]
    left: list[str]
    guests: int


class PresenceReport(Struct, frozen=True):
    """One worker's word to the others; `full` replaces all that it said before."""

    worker: str
    full: bool
    channels: dict[str, ChannelPresence]


class _Here:
    """Members (by number of sockets) and guests of one channel on one worker."""

    __slots__ = ("guests", "members")

    def __init__(self) -> None:
        self.members: Counter[str] = Counter()
        self.guests = 0


class _Worker:
    """What another worker has said."""

    def __init__(self) -> None:
        self.heard = 0.0
        self.channels: dict[str, tuple[set[str], int]] = {}


class Presence:
    """The worker's own sockets and what the other workers report."""

    def __init__(self, worker: str, clock: Callable[[], float]) -> None:
        self.worker = worker
        self._clock = clock
        self._here: dict[str, _Here] = {}
        self._told: dict[str, tuple[set[str], int]] = {}
        self._others: dict[str, _Worker] = {}
        self._counted: dict[str, tuple[float, PresenceData]] = {}
        self._changed: set[str] = set()
        self._untold: set[str] = set()
        self._full_at = clock()

    def join(self, channel: str, member: str | None) -> None:
        """A socket of `member` (a guest when None) has come."""
        here = self._here.setdefault(channel, _Here())
        if member is None:
            here.guests += 1
        else:
            here.members[member] += 1
        self._note(channel)

    def leave(self, channel: str, member: str | None) -> None:
        """A socket has gone."""
        here = self._here[channel]
        if member is None:
            here.guests -= 1
        else:
            here.members[member] -= 1
            if here.members[member] == 0:
                del here.members[member]
        if not here.members and not here.guests:
            del self._here[channel]
        self._note(channel)

    def of(self, channel: str) -> PresenceData:
        """Everybody in the channel; of the members' names the first hundred. A crowd is counted once a second."""
        now = self._clock()
        counted_at, counted = self._counted.get(channel, (now, None))
        if counted is not None and counted.count > CROWD and now - counted_at < 1:
            return counted
        counted = self._count(channel)
        self._counted[channel] = (now, counted)
        return counted

    def _count(self, channel: str) -> PresenceData:
        members, guests = self._own(channel)
        for other in self._others.values():
            theirs = other.channels.get(channel)
            if theirs is not None:
                members |= theirs[0]
                guests += theirs[1]
        return PresenceData(sorted(members)[:SHOWN_MEMBERS], guests, len(members) + guests)

    def take_changed(self) -> set[str]:
        """The channels whose presence changed since the last call."""
        changed, self._changed = self._changed, set()
        return changed

    def put_back(self, channels: Iterable[str]) -> None:
        """Count these as changed again."""
        self._changed.update(channels)

    def report(self) -> PresenceReport | None:
        """What to tell the other workers now, None when there is nothing new."""
        now = self._clock()
        if now - self._full_at >= FULL_SECONDS:
            return self.full_report()
        if not self._untold:
            return None
        changes = {channel: self._change(channel) for channel in self._untold}
        self._untold = set()
        return PresenceReport(self.worker, False, changes)

    def full_report(self) -> PresenceReport:
        """Everything on this worker."""
        self._full_at = self._clock()
        self._untold = set()
        self._told = {channel: self._own(channel) for channel in self._here}
        whole = {
            channel: ChannelPresence(sorted(members), [], guests) for channel, (members, guests) in self._told.items()
        }
        return PresenceReport(self.worker, True, whole)

    def hear(self, report: PresenceReport) -> bool:
        """Take another worker's word; True when it was unknown until now."""
        if report.worker == self.worker:
            return False
        unknown = report.worker not in self._others
        other = self._others.setdefault(report.worker, _Worker())
        other.heard = self._clock()
        if report.full:
            self._changed.update(other.channels)
            other.channels = {}
        for channel, change in report.channels.items():
            members = (other.channels.get(channel, (set(), 0))[0] | set(change.joined)) - set(change.left)
            other.channels[channel] = (members, change.guests)
            self._changed.add(channel)
        return unknown

    def forget_silent(self) -> None:
        """Drop the workers that have not been heard for long."""
        now = self._clock()
        for worker, other in list(self._others.items()):
            if now - other.heard > FORGET_SECONDS:
                self._changed.update(other.channels)
                del self._others[worker]

    def _own(self, channel: str) -> tuple[set[str], int]:
        here = self._here.get(channel)
        return (set(), 0) if here is None else (set(here.members), here.guests)

    def _note(self, channel: str) -> None:
        self._changed.add(channel)
        self._untold.add(channel)

    def _change(self, channel: str) -> ChannelPresence:
        members, guests = self._own(channel)
        told = self._told.get(channel, (set(), 0))[0]
        self._told[channel] = (members, guests)
        return ChannelPresence(sorted(members - told), sorted(told - members), guests)


encode_report = msgspec.json.Encoder().encode
decode_report = msgspec.json.Decoder(PresenceReport).decode
