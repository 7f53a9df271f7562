"""Who is here, across workers, without ghosts."""

from hypothesis import given
from hypothesis import strategies as st

from hub.channels.presence import (
    CROWD,
    FORGET_SECONDS,
    FULL_SECONDS,
    SHOWN_MEMBERS,
    Presence,
    decode_report,
    encode_report,
)
from hub.events import PresenceData


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def pair() -> tuple[Presence, Presence, Clock]:
    clock = Clock()
    return Presence("one", clock), Presence("two", clock), clock


def tell(source: Presence, *others: Presence, full: bool = False) -> list[bool]:
    """What a broker does with a worker's word, if it has one."""
    report = source.full_report() if full else source.report()
    return [] if report is None else [other.hear(decode_report(encode_report(report))) for other in others]


def test_members_are_named_once_and_guests_counted() -> None:
    here, _, _ = pair()
    for member in ("ben", "ada", "ada", None, None):
        here.join("denali", member)
    assert here.of("denali") == PresenceData(["ada", "ben"], 2, 4)
    here.leave("denali", "ada")
    here.leave("denali", None)
    assert here.of("denali") == PresenceData(["ada", "ben"], 1, 3)
    here.leave("denali", "ada")
    assert here.of("denali") == PresenceData(["ben"], 1, 2)
    assert here.of("olympic") == PresenceData([], 0, 0)


def test_the_same_member_on_two_workers_is_one() -> None:
    here, there, _ = pair()
    here.join("denali", "ada")
    there.join("denali", "ada")
    there.join("denali", None)
    tell(there, here)
    assert here.of("denali") == PresenceData(["ada"], 1, 2)
    there.leave("denali", "ada")
    tell(there, here)
    assert here.of("denali") == PresenceData(["ada"], 1, 2)
    here.leave("denali", "ada")
    assert here.of("denali") == PresenceData([], 1, 1)


def test_only_what_changed_is_told_and_nothing_when_nothing_did() -> None:
    here, _, _ = pair()
    here.join("denali", "ada")
    first = here.report()
    here.join("denali", "ben")
    second = here.report()
    assert first is not None and second is not None
    assert (first.channels["denali"].joined, second.channels["denali"].joined) == (["ada"], ["ben"])
    assert here.report() is None


def test_everything_is_told_again_now_and_then_so_that_lost_messages_do_not_matter() -> None:
    here, there, clock = pair()
    here.join("denali", "ada")
    here.join("olympic", None)
    here.report()
    here.leave("olympic", None)
    here.report()
    clock.now += FULL_SECONDS
    tell(here, there)
    assert there.of("denali").members == ["ada"]
    assert there.of("olympic") == PresenceData([], 0, 0)


def test_a_full_word_replaces_all_that_was_said_before() -> None:
    here, there, _ = pair()
    here.join("denali", "ada")
    tell(here, there)
    here.leave("denali", "ada")
    tell(here, there, full=True)
    assert there.of("denali") == PresenceData([], 0, 0)
    assert there.take_changed() == {"denali"}


def test_a_worker_that_fell_silent_takes_everybody_with_it() -> None:
    here, there, clock = pair()
    here.join("denali", "ada")
    tell(here, there)
    there.take_changed()
    clock.now += FORGET_SECONDS
    there.forget_silent()
    assert there.of("denali").members == ["ada"]
    clock.now += 1
    there.forget_silent()
    assert there.of("denali") == PresenceData([], 0, 0)
    assert there.take_changed() == {"denali"}


def test_a_worker_that_is_new_is_answered_and_ones_own_word_is_not_heard() -> None:
    here, there, _ = pair()
    here.join("denali", "ada")
    assert tell(here, there, here) == [True, False]
    here.join("denali", "ben")
    assert tell(here, there) == [False]
    assert here.of("denali").count == 2


def test_changes_are_told_once_and_may_be_put_back() -> None:
    here, _, _ = pair()
    here.join("denali", None)
    assert here.take_changed() == {"denali"}
    assert here.take_changed() == set()
    here.put_back(["denali"])
    assert here.take_changed() == {"denali"}


def test_of_a_crowd_a_hundred_names_are_shown_and_all_are_counted() -> None:
    here, _, clock = pair()
    for number in range(CROWD + 50):
        here.join("denali", f"member{number:04}")
    shown = here.of("denali")
    assert (len(shown.members), shown.count) == (SHOWN_MEMBERS, CROWD + 50)
    here.join("denali", None)
    assert here.of("denali") is shown
    clock.now += 1
    assert here.of("denali").count == CROWD + 51


people = st.sampled_from(["ada", "ben", "cleo", None])
moves = st.lists(st.tuples(st.booleans(), st.sampled_from([0, 1]), people, st.sampled_from(["told", "lost", ""])))


@given(moves)
def test_after_a_full_word_every_worker_counts_the_same(plan: list[tuple[bool, int, str | None, str]]) -> None:
    first, second, _ = pair()
    workers = (first, second)
    here: list[list[str | None]] = [[], []]
    for comes, at, who, word in plan:
        if comes:
            workers[at].join("denali", who)
            here[at].append(who)
        elif who in here[at]:
            workers[at].leave("denali", who)
            here[at].remove(who)
        if word == "told":
            tell(workers[at], workers[1 - at])
        elif word == "lost":
            workers[at].report()
    tell(first, second, full=True)
    tell(second, first, full=True)
    everyone = here[0] + here[1]
    members = sorted({who for who in everyone if who is not None})
    expected = PresenceData(members, everyone.count(None), len(members) + everyone.count(None))
    assert first.of("denali") == second.of("denali") == expected
