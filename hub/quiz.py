"""The quiz: which park suits a traveller. Pure and deterministic; questions and traits are in `data/quiz.json`.

Each answer gives points, from wild and cold to warm and wet (the landscape counts four times), and their sum falls into
the band of one of four classics. Each answer also stands for traits that real parks have or have not, from which the
best three of all parks follow. The classics are channels of the catalogue. Buck Island Reef is there under its own name
although it is a national monument, so it needs no stand-in such as its neighbour, Virgin Islands National Park.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from hub.errors import FieldError, InvalidInput, invalid_field
from hub.model import Input
from hub.parks import Park, all_parks, biome, park, region

MATCHES = 3
REASONS = 3
# Most sums lie in the middle, so the middle bands are the narrow ones. Last points of each, lowest first.
BANDS = (("denali", 23), ("grand-canyon", 30), ("redwood", 36), ("buck-island-reef", 48))


class Answer(Struct, frozen=True):
    """One answer of a question: its points, and the names of the traits that it stands for."""

    id: str
    text: str
    points: int
    traits: list[str]


class Question(Struct, frozen=True):
    """A question and its answers, in the order in which they are shown."""

    id: str
    text: str
    answers: list[Answer]


class Questions(Struct, frozen=True):
    """The whole quiz, and between which totals its points lie."""

    questions: list[Question]
    min_points: int
    max_points: int


class Trait(Struct, frozen=True):
    """What a traveller wants, and what a park must have for it: one of these biomes, regions, activities or topics."""

    label: str
    weight: int
    reason: str
    biomes: list[str] = []
    regions: list[str] = []
    activities: list[str] = []
    topics: list[str] = []


class ParkName(Struct, frozen=True):
    """A park's channel, and what people call it."""

    slug: str
    name: str


class Match(Struct, frozen=True):
    """How well a park fits, 0 to 100, and why, the weightiest reason first."""

    slug: str
    name: str
    score: int
    reasons: list[str]


class Outcome(Struct, frozen=True):
    """What the quiz says."""

    total_points: int
    park: ParkName
    matches: list[Match]


class QuizInput(Input, frozen=True):
    """An answer to every question (question id to answer id), or the sum of the points alone: exactly one of them."""

    answers: dict[Annotated[str, Meta(max_length=40)], Annotated[str, Meta(max_length=40)]] | None = None
    total_points: int | None = None

    def __post_init__(self) -> None:
        if (self.answers is None) == (self.total_points is None):
            raise invalid_field("answers", "send either answers or total_points, not both and not neither")


class _File(Struct):
    words: dict[str, str]
    traits: dict[str, Trait]
    questions: list[Question]


class _Fit(Struct, frozen=True):
    """How much of a trait a park has (0 to 1), and what, in words."""

    share: float
    found: str


@cache
def questions() -> Questions:
    """The questions, in order."""
    asked = _file().questions
    points = [[answer.points for answer in question.answers] for question in asked]
    return Questions(asked, sum(map(min, points)), sum(map(max, points)))


def outcome(taken: QuizInput) -> Outcome:
    """What follows from the answers, or from the points alone. Raises InvalidInput naming what is wrong."""
    if taken.answers is not None:
        chosen = _chosen(taken.answers)
        total = sum(answer.points for answer in chosen)
        return Outcome(total, _named(classic(total)), _best([name for answer in chosen for name in answer.traits]))
    assert taken.total_points is not None
    found = classic(taken.total_points)
    return Outcome(taken.total_points, _named(found), _best(list(_fits()[found.slug]), like=found))


def classic(total_points: int) -> Park:
    """The classic whose band the points fall into. Raises InvalidInput out of the range."""
    asked = questions()
    if not asked.min_points <= total_points <= asked.max_points:
        raise invalid_field("total_points", f"must be from {asked.min_points} to {asked.max_points}")
    return park(next(slug for slug, last in BANDS if total_points <= last))


def _chosen(answers: Mapping[str, str]) -> list[Answer]:
    asked = questions().questions
    chosen, wrong = [], []
    for question in asked:
        known = {answer.id: answer for answer in question.answers}
        if question.id not in answers:
            wrong.append(FieldError(f"answers.{question.id}", "has no answer yet"))
        elif answers[question.id] not in known:
            wrong.append(FieldError(f"answers.{question.id}", f"must be one of: {', '.join(known)}"))
        else:
            chosen.append(known[answers[question.id]])
    if answers.keys() - {question.id for question in asked}:
        wrong.append(FieldError("answers", f"has more than the {len(asked)} questions"))
    if wrong:
        raise InvalidInput("The answers do not fit the questions: see errors", fields=wrong)
    return chosen


def _best(wanted: Sequence[str], like: Park | None = None) -> list[Match]:
    """The best parks for these traits; whoever gave points only is matched with what is `like` their classic."""
    by_weight = sorted(wanted, key=lambda name: -_file().traits[name].weight)
    matches = [_match(by_weight, one, like) for one in all_parks()]
    return sorted(matches, key=lambda match: (-match.score, match.name))[:MATCHES]


def _match(wanted: Sequence[str], which: Park, like: Park | None) -> Match:
    """Having a trait at all counts three quarters of its weight, having much of it the rest."""
    traits, fits = _file().traits, _fits()[which.slug]
    met = [name for name in wanted if name in fits]
    score = sum(traits[name].weight * (0.75 + 0.25 * fits[name].share) for name in met)
    full = sum(traits[name].weight for name in wanted)
    reasons = [
        traits[name].reason.format(found=fits[name].found)
        if like in (None, which)
        else f"Like {like.name}: {fits[name].found}"
        for name in met[:REASONS]
    ]
    return Match(which.slug, which.name, round(100 * score / full), reasons)


@cache
def _fits() -> dict[str, dict[str, _Fit]]:
    """The traits that each park has. Worked out once, since a quiz asks all parks for all traits."""
    fits: dict[str, dict[str, _Fit]] = {}
    for which in all_parks():
        has = {biome(which), region(which), *which.activities, *which.topics}
        fits[which.slug] = {
            name: fit for name, trait in _file().traits.items() if (fit := _fit(trait, has)) is not None
        }
    return fits


def _fit(trait: Trait, has: Collection[str]) -> _Fit | None:
    found = [term for term in (*trait.biomes, *trait.regions, *trait.activities, *trait.topics) if term in has]
    if not found:
        return None
    # A park lies in one landscape and in one region only.
    most = bool(trait.biomes) + bool(trait.regions) + len(trait.activities) + len(trait.topics)
    first, *others = [_file().words.get(term, term.lower()) for term in found]
    return _Fit(len(found) / most, f"{', '.join((first, *others[:-1]))} and {others[-1]}" if others else first)


def _named(which: Park) -> ParkName:
    return ParkName(which.slug, which.name)


@cache
def _file() -> _File:
    return msgspec.json.decode((files("hub") / "data" / "quiz.json").read_bytes(), type=_File)
