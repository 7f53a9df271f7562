"""The stars of the Flask site: one rating per member and channel, the newest of all that the site has of it."""

from collections import defaultdict

from msgspec import Struct

from hub.importer.fitting import moment, stars
from hub.importer.old_site import OldSite, Record
from hub.importer.report import Report
from hub.store import imports, ratings
from hub.store.database import Transaction
from hub.store.log import ChannelRef

TIMES = ("timestamp", "date_posted", "created_at", "date", "time")
# Of stars without a time, those that were given as a rating count before those of a review or an analytics entry.
_SOURCES = ("analytics", "reviews", "ratings")


class Given(Struct, frozen=True):
    """Stars that a member once gave, and where the site has them."""

    kind: str
    old: Record
    stars: int
    at: str | None

    @property
    def rank(self) -> tuple[str, int, int]:
        """The newest is the highest."""
        number = int(self.old.number) if self.old.number.isdecimal() else 0
        return self.at or "", _SOURCES.index(self.kind), number


Place = tuple[str, str]


def move_stars(
    tx: Transaction, site: OldSite, people: dict[str, int], places: dict[str, ChannelRef], report: Report
) -> set[int]:
    """Set the ratings that are missing; returns the ids of the channels where there were any."""
    given: dict[Place, list[Given]] = defaultdict(list)
    for kind in _SOURCES:
        for old in site.tables[kind]:
            found = _given(tx, kind, old, people, places, report)
            if found is not None:
                given[old.reference("user_id"), old.reference("channel_id")].append(found)
    return {places[place[1]].id for place in sorted(given) if _rate(tx, place, given[place], people, places, report)}


def _given(
    tx: Transaction, kind: str, old: Record, people: dict[str, int], places: dict[str, ChannelRef], report: Report
) -> Given | None:
    """What a row says, None for one that cannot count; the stars of reviews are told of with the reviews."""
    table = Report().table(kind) if kind == "reviews" else report.table(kind)
    count = stars(old.get("stars", "rating"))
    if count is None:
        table.skip("no whole stars from 1 to 5", old.label)
    elif old.reference("user_id") not in people:
        table.skip("its member is not there", old.label)
    elif old.reference("channel_id") not in places:
        table.skip("its channel is not there", old.label)
    else:
        return Given(kind, old, count, moment(old.get(*TIMES), tx.now))
    return None


def _rate(
    tx: Transaction,
    place: Place,
    given: list[Given],
    people: dict[str, int],
    places: dict[str, ChannelRef],
    report: Report,
) -> bool:
    newest, *others = sorted(given, key=lambda one: one.rank, reverse=True)
    channel, user_id = places[place[1]], people[place[0]]
    source = f"rating {place[0]} {place[1]} {user_id}"
    if imports.find(tx, source) is not None:
        _tell_known(given, report)
        return False
    if ratings.stars_of(tx, user_id, channel) is not None:
        _tell_skipped(given, "has given stars here already", report)
        return False
    now, tx.now = tx.now, newest.at or tx.now
    ratings.put(tx, user_id, channel, newest.stars)
    tx.now = now
    imports.remember(tx, source, channel.id)
    if newest.kind != "reviews":
        report.table(newest.kind).taken += 1
    _tell_skipped(others, "newer stars of the same member for the same channel count", report)
    return True


def _tell_known(given: list[Given], report: Report) -> None:
    for one in given:
        if one.kind != "reviews":
            report.table(one.kind).known += 1


def _tell_skipped(given: list[Given], why: str, report: Report) -> None:
    for one in given:
        if one.kind != "reviews":
            report.table(one.kind).skip(why, one.old.label)
