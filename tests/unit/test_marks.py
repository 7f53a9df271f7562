"""Marks: chained, found at the end of an event only, and the same for the same history only."""

from hypothesis import given
from hypothesis import strategies as st

from hub.events import Member, MemberUpdated, encode_event, tombstone, tombstone_of
from hub.marks import continues, contradict, mark_in, next_mark, with_mark

AT = "2026-01-01T00:00:00.000000Z"
events = st.lists(st.tuples(st.sampled_from(["post:1", "post:2"]), st.text(max_size=40)), min_size=1, max_size=6)


def text(name: str, seq: int = 1) -> bytes:
    return encode_event(MemberUpdated(channel="denali", seq=seq, at=AT, data=Member("ada", name)))


def chain(told: list[tuple[str, str]]) -> list[str]:
    marks = [""]
    for seq, (entity, name) in enumerate(told, 1):
        marks.append(next_mark(marks[-1], "epoch", entity, text(name, seq)))
    return marks


@given(events, events)
def test_equal_marks_are_equal_histories(one: list[tuple[str, str]], other: list[tuple[str, str]]) -> None:
    shared = min(len(one), len(other))
    for length in range(1, shared + 1):
        assert (chain(one)[length] == chain(other)[length]) is (one[:length] == other[:length])


@given(st.text(max_size=60))
def test_no_member_can_write_a_mark(name: str) -> None:
    assert mark_in(text(name)) == ""
    assert mark_in(text(name + ',"mark":"0123456789ab"')) == ""
    assert mark_in(b"") == ""


@given(st.text(max_size=60))
def test_an_event_says_its_mark_and_what_it_follows(name: str) -> None:
    bare = text(name)
    mark = next_mark("before", "epoch", "member:1", bare)
    marked = with_mark(bare, mark)
    assert mark_in(marked) == mark
    assert continues("before", "epoch", "member:1", marked)
    assert not continues("other", "epoch", "member:1", marked)
    assert not continues("before", "epoch", "member:2", marked)
    assert not continues("before", "other", "member:1", marked)
    assert continues("anything", "epoch", "member:1", bare)


def test_a_tombstone_keeps_the_mark_of_what_it_buries() -> None:
    marked = with_mark(text("Ada"), "0123456789ab")
    assert tombstone_of("denali", 1, marked) == tombstone("denali", 1, AT, "0123456789ab")
    assert mark_in(tombstone_of("denali", 1, marked)) == "0123456789ab"
    assert mark_in(tombstone_of("denali", 1, text("Ada"))) == ""


def test_an_unknown_mark_contradicts_nothing() -> None:
    assert contradict("a", "b")
    assert not any(contradict(*pair) for pair in (("a", "a"), ("", "a"), ("a", ""), ("", "")))
