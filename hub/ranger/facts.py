"""What the catalogue of parks knows: where a park is, and what one may do there."""

import re
from collections.abc import Sequence

from msgspec import Struct

from hub.parks import Park, all_parks, region
from hub.ranger.model import Source
from hub.terms import words

# Parks whose names are ordinary words: they are meant only when written with a capital letter.
_ORDINARY = frozenset(("arches", "badlands", "glacier", "hot-springs", "redwood", "olympic", "pinnacles", "saguaro"))
_ACTIVITIES = frozenset(
    ("fish", "swim", "kayak", "cano", "paddl", "boat", "sail", "raft", "snorkel", "scuba", "surf", "ski", "snowsho")
).union(
    ("snowmobil", "climb", "bik", "hors", "hunt", "cav", "stargaz", "birdwatch", "geocach", "tub", "canyoneer", "golf")
)
_INDOORS = frozenset(
    ("Arts and Culture", "Bookstore and Park Store", "Shopping", "Food", "Gift Shop and Souvenirs", "Park Film")
).union(("Dining", "Museum Exhibits", "Hands-On", "Live Music"))
_ASKS_WHETHER = re.compile(r"\b(can|could|may|allowed|possible|is there|are there|where|which|do they|offer)\b", re.I)
_ASKS_WHERE = re.compile(r"\bwhere(?:'s|’s| is| are)\s+(it|this|the park|here)\b|\blocated\b|\blocation\b", re.I)
_ASKS_WHAT = re.compile(
    r"\b(?:activities|things to do|what is there to (?:do|see)|"
    r"what (?:to|(?:can|could|should) (?:i|we|you|one)) (?:do|see)(?: here| there| (?:in|at) \w+)?\W*$)",
    re.I,
)
_SHOWN_ACTIVITIES, _SHOWN_PARKS = 8, 5


class Fact(Struct, frozen=True):
    """One sentence out of the catalogue, with where it comes from."""

    text: str
    sources: list[Source]


def named_park(question: str) -> Park | None:
    """The park that a question names; the longest name wins."""
    named = [one for one in all_parks() if _names(question, one)]
    return max(named, key=lambda one: len(one.name), default=None)


def fact(question: str, park: Park | None) -> Fact | None:
    """What the catalogue says to a question, or None."""
    if park is not None and _asks_where(question, park):
        return Fact(
            f"{park.full_name} is in {' and '.join(park.states)} ({region(park)}), "
            f"near {park.latitude:.2f}°, {park.longitude:.2f}°.",
            [_source(park)],
        )
    if park is not None and _ASKS_WHAT.search(question.replace(park.name, "it")):
        return _all_activities(park)
    return _activity(question, park) if _ASKS_WHETHER.search(question) else None


def _activity(question: str, park: Park | None) -> Fact | None:
    asked = next((stem for word in words(question) if (stem := _stem(word)) in _ACTIVITIES), None)
    there = [one for one in all_parks() if asked is not None and _offered(one, asked)]
    if asked is None or not there:
        return None
    label = _label(asked, there)
    if park is not None and park in there:
        return Fact(f"The park service lists {label} among the activities at {park.name}.", [_source(park)])
    shown = there[:_SHOWN_PARKS]
    names = ", ".join(one.name for one in shown)
    if park is None:
        return Fact(f"Parks where the park service lists {label} include {names}.", [_source(one) for one in shown])
    text = f"The park service does not list {label} for {park.name}; some of the parks that do are {names}."
    return Fact(text, [_source(one) for one in (park, *shown)])


def _label(asked: str, there: Sequence[Park]) -> str:
    """The service's own word for an activity; the shortest says it plainest."""
    return min((name for one in there for name in one.activities if _has(name, asked)), key=len).lower()


def _all_activities(park: Park) -> Fact:
    outdoors = [name.lower() for name in park.activities if name not in _INDOORS]
    shown = outdoors[:_SHOWN_ACTIVITIES]
    more = len(park.activities) - len(shown)
    rest = f", and {more} more things" if more > 0 else ""
    return Fact(f"At {park.name} the park service lists {', '.join(shown)}{rest}.", [_source(park)])


def _asks_where(question: str, park: Park) -> bool:
    if _ASKS_WHERE.search(question):
        return True
    return re.search(rf"\bwhere(?:'s|’s| is| are)\s+(the\s+)?{re.escape(park.name)}\b", question, re.I) is not None


def _names(question: str, park: Park) -> bool:
    flags = re.NOFLAG if park.slug in _ORDINARY else re.IGNORECASE
    return re.search(rf"\b{re.escape(park.name)}\b", question[:4_000], flags) is not None


def _offered(park: Park, asked: str) -> bool:
    return any(_has(name, asked) for name in park.activities)


def _has(activity: str, asked: str) -> bool:
    return asked in (_stem(word) for word in words(activity))


def _stem(word: str) -> str:
    """A word without its ending, so that swim, swims and swimming are the same."""
    for ending in ("ing", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) > 2:
            word = word.removesuffix(ending)
            if ending == "ing" and word[-1] == word[-2]:
                word = word[:-1]
    return word


def _source(park: Park) -> Source:
    return Source("park", park.slug, park.full_name, f"/channels/{park.slug}")
