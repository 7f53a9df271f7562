"""What the catalogue of parks knows: where a park is, and what one may do there."""

import re
from collections.abc import Callable

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
_SIGHTS = frozenset(
    (
        "alligator",
        "crocodil",
        "aurora",
        "bison",
        "canyon",
        "coral",
        "reef",
        "dinosaur",
        "dun",
        "elk",
        "fossil",
        "geyser",
    )
).union(
    ("glacier", "lighthous", "rainforest", "ruin", "shipwreck", "swamp", "tortois", "turtl", "volcano", "waterfall"),
    ("whal", "wolv", "prairi", "lak", "cav", "petrifi"),
)
_ALSO_CALLED = {"wolf": "wolv", "volcanic": "volcano"}
_INDOORS = frozenset(
    ("Arts and Culture", "Bookstore and Park Store", "Shopping", "Food", "Gift Shop and Souvenirs", "Park Film")
).union(("Dining", "Museum Exhibits", "Hands-On", "Live Music"))
_ASKS_WHETHER = re.compile(r"\b(can|could|may|allowed|possible|is there|are there|where|which|do they|offer)\b", re.I)
_ASKS_FOR_SIGHTS = re.compile(r"\b(?:(?:which|what) parks?|(?:are|is) there|have|has|where|see)\b", re.I)
_ASKS_WHERE = re.compile(r"\bwhere(?:'s|’s| is| are)\s+(it|this|the park|here)\b|\blocated\b|\blocation\b", re.I)
_ASKS_WHAT = re.compile(
    r"\b(?:activities|things to do|what is there to (?:do|see)|"
    r"what (?:to|(?:can|could|should) (?:i|we|you|one)) (?:do|see)(?: here| there| (?:in|at) \w+)?\W*$)",
    re.I,
)
_SHOWN_ACTIVITIES, _SHOWN_PARKS = 8, 6


class Fact(Struct, frozen=True):
    """One sentence out of the catalogue, with where it comes from."""

    text: str
    sources: list[Source]


def named_park(question: str, *, surely: bool = False) -> Park | None:
    """The park that a question names, `surely` so that it can mean nothing else; the longest name wins."""
    named = [one for one in all_parks() if _names(question, one) and not (surely and one.slug in _ORDINARY)]
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
    activity = _listed(question, park, _DOING) if _ASKS_WHETHER.search(question) else None
    return activity or (_listed(question, park, _SEEING) if _ASKS_FOR_SIGHTS.search(question) else None)


class _List(Struct, frozen=True):
    """One of the service's lists: what may be asked for, and how to say that a park is on it."""

    stems: frozenset[str]
    names: Callable[[Park], list[str]]
    here: str
    not_here: str
    parks: str


_DOING = _List(
    _ACTIVITIES,
    lambda park: park.activities,
    "The park service lists {it} among the activities at {park}.",
    "The park service does not list {it} for {park}; some of the parks that do are {parks}.",
    "Parks where the park service lists {it} include {parks}.",
)
_SEEING = _List(
    _SIGHTS,
    lambda park: park.topics,
    "The park service has {it} among the topics of {park}.",
    "The park service does not have {it} among the topics of {park}; it has for {parks}.",
    "Parks with {it} among the park service's topics include {parks}.",
)


def _listed(question: str, park: Park | None, known: _List) -> Fact | None:
    stems = [_ALSO_CALLED.get(stem, stem) for stem in map(_stem, words(question))]
    asked = next((stem for stem in stems if stem in known.stems), "")
    there = [one for one in all_parks() if any(_has(name, asked) for name in known.names(one))]
    if not there:
        return None
    # The shortest name says it plainest.
    it = min((name for one in there for name in known.names(one) if _has(name, asked)), key=len).lower()
    if park is not None and park in there:
        return Fact(known.here.format(it=it, park=park.name), [_source(park)])
    shown = sorted(there, key=lambda one: not _has(one.name, asked))[:_SHOWN_PARKS]
    names = ", ".join(one.name for one in shown)
    if park is None:
        return Fact(known.parks.format(it=it, parks=names), [_source(one) for one in shown])
    return Fact(known.not_here.format(it=it, park=park.name, parks=names), [_source(one) for one in (park, *shown)])


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
