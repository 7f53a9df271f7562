"""Who is here: members by name and guests by number, across workers.

Every worker tells the others what changed once a second, that it lives every two, and everything every fifteen. One
that falls silent is forgotten with all who were on it, so that nobody stays as a ghost. One that ends as planned says
so, and its people are held until they have come back: a restart makes nobody flicker.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from hub.events import PresenceData

SHOWN_MEMBERS = 100
CROWD = 200
BEAT_SECONDS = 2
FULL_SECONDS = 15
SILENT_SECONDS = 6
FORGET_SECONDS = 40
Name = Annotated[str, Meta(max_length=200)]
Guests = Annotated[int, Meta(ge=0, le=1_000_000)]


class ChannelPresence(Struct, frozen=True):
    """One worker's part of a channel: who came and went since its last word, or all when it tells everything.

    `floor` are the guests that there were in all when the worker began to leave.
    """

    joined: list[Name]
    left: list[Name]
    guests: Guests
    floor: Guests = 0


class PresenceReport(Struct, frozen=True):
    """One worker's word to the others; `full` replaces all that it said before.

    With `beats` there is one at least every two seconds. With `leaving` its sockets are being closed, to come back to
    other workers.
    """

    worker: Name
    full: bool
    channels: dict[Name, ChannelPresence]
    beats: bool = False
    leaving: bool = False


class _Here:
    """Members (by number of sockets) and guests of one channel on one worker."""

    __slots__ = ("guests", "members")

    def __init__(self) -> None:
        self.members: Counter[str] = Counter()
        self.guests = 0


class _Worker:
    """What another worker has said, or this one before it began to leave.

    `silent` are the seconds for which others could be heard and it was not. `floors` are the guests that there were in
    all when it began to leave: until it is forgotten there are no fewer, as most are on their way to another worker.
    """

    def __init__(self) -> None:
        self.heard = 0.0
        self.silent = 0.0
        self.beats = False
        self.channels: dict[str, tuple[set[str], int]] = {}
        self.floors: dict[str, int] | None = None


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
        self._full_at = self._told_at = self._looked_at = clock()
        self._leaving = False

    def join(self, channel: str, member: str | None) -> None:
        """A socket of `member` (a guest when None) has come."""
        if self._leaving:
            return
        here = self._here.setdefault(channel, _Here())
        if member is None:
            here.guests += 1
        else:
            here.members[member] += 1
        self._note(channel)

    def leave(self, channel: str, member: str | None) -> None:
        """A socket has gone."""
        if self._leaving:
            return
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

    def start_leaving(self) -> None:
        """This worker's sockets are about to be closed: from here on its people stay as they are now."""
        if self._leaving:
            return
        me = _Worker()
        me.channels = {channel: self._own(channel) for channel in self._here}
        me.heard = self._clock()
        me.floors = {channel: self._count(channel).guests for channel in me.channels}
        self._leaving = True
        self._here.clear()
        self._others[self.worker] = me

    def _count(self, channel: str) -> PresenceData:
        members, guests = self._own(channel)
        floor = 0
        for other in self._others.values():
            theirs = other.channels.get(channel)
            if theirs is None:
                continue
            members |= theirs[0]
            if other.floors is None:
                guests += theirs[1]
            else:
                floor = max(floor, other.floors.get(channel, 0))
        guests = max(guests, floor)
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
        if not self._untold and now - self._told_at < BEAT_SECONDS:
            return None
        self._told_at = now
        changes = {channel: self._change(channel) for channel in self._untold}
        self._untold = set()
        return PresenceReport(self.worker, False, changes, beats=True, leaving=self._leaving)

    def full_report(self) -> PresenceReport:
        """Everything on this worker."""
        self._full_at = self._told_at = self._clock()
        self._untold = set()
        if self._leaving:
            return _held_report(self.worker, self._others[self.worker])
        self._told = {channel: self._own(channel) for channel in self._here}
        whole = {
            channel: ChannelPresence(sorted(members), [], guests) for channel, (members, guests) in self._told.items()
        }
        return PresenceReport(self.worker, True, whole, beats=True)

    def held_reports(self) -> list[PresenceReport]:
        """For a worker that is new: who is held of those that have left and cannot tell any more."""
        return [_held_report(name, one) for name, one in self._others.items() if one.floors is not None]

    def hear(self, report: PresenceReport) -> bool:
        """Take another worker's word; True when it was unknown until now, and is to be told everything."""
        if report.worker == self.worker:
            return False
        unknown = report.worker not in self._others
        other = self._others.setdefault(report.worker, _Worker())
        # A full word of one that leaves may be repeated by others, after its end.
        if unknown or not (report.full and report.leaving and other.floors is not None):
            other.heard, other.silent, other.beats = self._clock(), 0.0, report.beats
        if report.full:
            self._changed.update(other.channels)
            other.channels = {}
        for channel, change in report.channels.items():
            members = (other.channels.get(channel, (set(), 0))[0] | set(change.joined)) - set(change.left)
            other.channels[channel] = (members, change.guests)
            self._changed.add(channel)
        if report.leaving and other.floors is None:
            told = {channel: change.floor for channel, change in report.channels.items()}
            other.floors = {
                channel: max(told.get(channel, 0), self._count(channel).guests) for channel in other.channels
            }
        return unknown and not report.leaving

    def forget_silent(self, *, hearing: bool) -> None:
        """Drop the workers that have not been heard for long; called once a second.

        While nothing can be heard, and when this worker itself stood still, the silence of others says nothing.
        """
        now = self._clock()
        passed = min(now - self._looked_at, BEAT_SECONDS) if hearing else 0.0
        self._looked_at = now
        for worker, other in list(self._others.items()):
            if worker == self.worker:
                continue
            other.silent += passed
            if now - other.heard > FORGET_SECONDS or (other.beats and other.silent > SILENT_SECONDS):
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


def _held_report(name: str, worker: _Worker) -> PresenceReport:
    floors = worker.floors or {}
    whole = {
        channel: ChannelPresence(sorted(members), [], guests, floors.get(channel, 0))
        for channel, (members, guests) in worker.channels.items()
    }
    return PresenceReport(name, True, whole, beats=True, leaving=True)


encode_report = msgspec.json.Encoder().encode
decode_report = msgspec.json.Decoder(PresenceReport).decode
