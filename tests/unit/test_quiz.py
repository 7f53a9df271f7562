"""The quiz: bands without holes, and for every traveller a park, three matches and reasons that are true."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import InvalidInput
from hub.parks import park
from hub.quiz import BANDS, Outcome, QuizInput, classic, outcome, questions

CLASSICS = ("denali", "grand-canyon", "redwood", "buck-island-reef")
ASKED = questions()
all_answers = st.fixed_dictionaries(
    {question.id: st.sampled_from([answer.id for answer in question.answers]) for question in ASKED.questions}
)
POINTS = {(question.id, answer.id): answer.points for question in ASKED.questions for answer in question.answers}


def by_points(total: int) -> Outcome:
    return outcome(QuizInput(total_points=total))


def always(index: int) -> dict[str, str]:
    return {question.id: question.answers[index].id for question in ASKED.questions}


def assert_is_whole(found: Outcome) -> None:
    assert found.park.slug in CLASSICS
    assert len({match.slug for match in found.matches}) == 3
    for match in found.matches:
        assert park(match.slug).name == match.name
        assert 0 < match.score <= 100
        assert 1 <= len(match.reasons) == len(set(match.reasons)) <= 3
        assert all(re.fullmatch(r"[A-Z][^:{}]+: [^:{}]+", reason) for reason in match.reasons)
    scores = [match.score for match in found.matches]
    assert scores == sorted(scores, reverse=True)


@given(st.integers(ASKED.min_points, ASKED.max_points))
def test_every_total_lies_in_exactly_one_band(total: int) -> None:
    firsts = [ASKED.min_points, *(last + 1 for _, last in BANDS[:-1])]
    bands = [slug for (slug, last), first in zip(BANDS, firsts, strict=True) if first <= total <= last]
    assert bands == [classic(total).slug]


def test_the_bands_are_of_the_four_classics_and_reach_from_end_to_end() -> None:
    assert tuple(slug for slug, _ in BANDS) == CLASSICS
    lasts = [last for _, last in BANDS]
    assert lasts == sorted(set(lasts))
    assert lasts[0] >= ASKED.min_points
    assert lasts[-1] == ASKED.max_points


@given(st.integers().filter(lambda total: not ASKED.min_points <= total <= ASKED.max_points))
def test_points_out_of_the_range_are_refused(total: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        by_points(total)
    assert [error.field for error in refused.value.fields] == ["total_points"]


def test_every_total_of_the_range_can_be_reached_by_answers() -> None:
    sums = {0}
    for question in ASKED.questions:
        sums = {total + answer.points for total, answer in itertools.product(sums, question.answers)}
    assert sums == set(range(ASKED.min_points, ASKED.max_points + 1))


@given(all_answers)
def test_every_traveller_gets_a_park_and_three_matches_with_reasons(answers: dict[str, str]) -> None:
    found = outcome(QuizInput(answers=answers))
    assert_is_whole(found)
    assert found.total_points == sum(POINTS[one] for one in answers.items())
    assert found.park == by_points(found.total_points).park
    assert found == outcome(QuizInput(answers=dict(reversed(answers.items()))))


@pytest.mark.parametrize("total", range(ASKED.min_points, ASKED.max_points + 1))
def test_points_alone_give_matches_that_are_like_the_classic(total: int) -> None:
    found = by_points(total)
    assert_is_whole(found)
    assert found.park.slug in {match.slug for match in found.matches}


@pytest.mark.parametrize(("index", "slug"), list(enumerate(CLASSICS)))
def test_whoever_always_wants_the_same_gets_the_classic_of_that_kind(index: int, slug: str) -> None:
    assert outcome(QuizInput(answers=always(index))).park.slug == slug


@given(all_answers, st.data())
def test_a_match_has_what_its_reasons_say(answers: dict[str, str], data: st.DataObject) -> None:
    match = data.draw(st.sampled_from(outcome(QuizInput(answers=answers)).matches))
    which = park(match.slug)
    if any(reason.startswith("A camp far from the road") for reason in match.reasons):
        assert "Backcountry Camping" in which.activities
    if any("canoe camping" in reason for reason in match.reasons):
        assert "Canoe or Kayak Camping" in which.activities
    if any(reason.endswith("Alaska") for reason in match.reasons):
        assert which.states[0] == "AK"


def test_no_two_answers_stand_for_the_same() -> None:
    traits = [name for question in ASKED.questions for answer in question.answers for name in answer.traits]
    assert len(traits) == len(set(traits))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"season": "monsoon"}, "answers.season"),
        ({"season": None}, "answers.season"),
        ({"colour": "green"}, "answers"),
    ],
)
def test_answers_that_do_not_fit_are_named(change: dict[str, str | None], field: str) -> None:
    answers = {key: value for key, value in {**always(0), **change}.items() if value is not None}
    with pytest.raises(InvalidInput) as refused:
        outcome(QuizInput(answers=answers))
    assert [error.field for error in refused.value.fields] == [field]


def test_answers_or_points_but_not_both_and_not_neither() -> None:
    for both_or_neither in ({}, {"answers": always(0), "total_points": 12}):
        with pytest.raises(InvalidInput):
            QuizInput(**both_or_neither)  # type: ignore[arg-type]
