"""The words of a question that are worth searching for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.terms import MAX_LETTERS, MAX_TERMS, cut, excerpt, sentences, share, terms, words


def test_only_words_that_say_something_are_kept_once() -> None:
    assert terms("How do I keep the bears, the BEARS, from my food?") == ["keep", "bears", "food"]


def test_words_of_every_camping_question_count_only_when_there_are_no_others() -> None:
    assert terms("Where can I camp?") == ["camp"]
    assert terms("Camping with a dog") == ["dog"]


def test_further_words_can_be_left_out() -> None:
    assert terms("Bears in Death Valley", also_ignore=words("Death Valley")) == ["bears"]


@given(st.text(max_size=5_000))
def test_nothing_but_letters_and_digits_comes_out(text: str) -> None:
    found = terms(text)
    assert len(found) <= MAX_TERMS
    assert all(term.isalnum() and len(term) <= MAX_LETTERS for term in found)


def test_an_excerpt_begins_with_the_sentence_that_has_the_words() -> None:
    text = "It was dull. Then two wolverines came by! They left."
    assert excerpt(text, ["wolverine"], 100) == "Then two wolverines came by! They left."
    assert excerpt(text, ["nothing"], 14) == "It was dull…"


@pytest.mark.parametrize(("text", "letters", "short"), [("a tent", 6, "a tent"), ("a big tent", 8, "a big…")])
def test_a_text_is_cut_at_a_word(text: str, letters: int, short: str) -> None:
    assert cut(text, letters) == short


def test_numbers_and_abbreviations_end_no_sentence() -> None:
    assert sentences("Carry 1.5 litres. Then go!  Done") == ["Carry 1.5 litres.", "Then go!", "Done"]


def test_words_are_alike_that_begin_alike() -> None:
    assert share("The rivers were crossed", ["river", "crossing", "bear"]) == 2
