"""Who is here, across workers, without ghosts."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.channels.presence import (
    BEAT_SECONDS,
    CROWD,
    FORGET_SECONDS,
    FULL_SECONDS,
    SHOWN_MEMBERS,
    SILENT_SECONDS,
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


def wait(presence: Presence, clock: Clock, seconds: int, *, hearing: bool = True) -> None:
    """Let time pass, of which a worker takes notice once a second."""
    for _ in range(seconds):
        clock.now += 1
        presence.forget_silent(hearing=hearing)


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
    wait(there, clock, SILENT_SECONDS)
    assert there.of("denali").members == ["ada"]
    wait(there, clock, 1)
    assert there.of("denali") == PresenceData([], 0, 0)
    assert there.take_changed() == {"denali"}


def test_a_killed_worker_leaves_no_ghost_for_ten_seconds() -> None:
    """Its last word, the silence, and the seconds at whose end that is looked at and told."""
    assert SILENT_SECONDS + 1 + 1 + 1 <= 10
    assert SILENT_SECONDS >= 3 * BEAT_SECONDS


def test_a_worker_on_which_nothing_happens_beats_and_stays() -> None:
    here, there, clock = pair()
    here.join("denali", "ada")
    tell(here, there)
    for _ in range(60):
        wait(there, clock, 1)
        tell(here, there)
    assert there.of("denali").members == ["ada"]


def test_nobody_is_forgotten_because_this_worker_stood_still_or_nothing_can_be_heard() -> None:
    here, there, clock = pair()
    here.join("denali", "ada")
    tell(here, there)
    clock.now += 30
    there.forget_silent(hearing=True)
    assert there.of("denali").members == ["ada"]
    tell(here, there)
    wait(there, clock, FORGET_SECONDS, hearing=False)
    assert there.of("denali").members == ["ada"]
    wait(there, clock, 1, hearing=False)
    assert there.of("denali").members == []


def test_a_worker_of_the_version_before_may_be_silent_for_longer() -> None:
    here, there, clock = pair()
    here.join("denali", "ada")
    report = msgspec.to_builtins(here.full_report())
    del report["beats"], report["leaving"]
    there.hear(decode_report(msgspec.json.encode(report)))
    wait(there, clock, FORGET_SECONDS)
    assert there.of("denali").members == ["ada"]
    wait(there, clock, 1)
    assert there.of("denali").members == []


def test_a_restart_makes_nobody_flicker() -> None:
    clock = Clock()
    old, other, new = Presence("old", clock), Presence("other", clock), Presence("new", clock)
    workers = (old, other, new)
    other.join("denali", "cleo")
    other.join("denali", None)
    for who in ("ada", "ben", None, None):
        old.join("denali", who)
    everyone = PresenceData(["ada", "ben", "cleo"], 3, 6)

    def told() -> list[PresenceData]:
        for one in workers:
            tell(one, *workers)
        return [one.of("denali") for one in workers]

    assert told() == [everyone] * 3
    old.start_leaving()
    tell(old, *workers, full=True)
    for who, to in (("ada", new), (None, new), ("ben", other), (None, other)):
        old.leave("denali", who)
        assert told() == [everyone] * 3
        clock.now += 1
        to.join("denali", who)
        assert told() == [everyone] * 3
    for _ in range(SILENT_SECONDS + 2):
        clock.now += 1
        for one in (other, new):
            one.forget_silent(hearing=True)
            tell(one, other, new)
            assert one.of("denali") == everyone
    new.leave("denali", "ada")
    tell(new, other)
    assert other.of("denali") == PresenceData(["ben", "cleo"], 3, 5)


def test_who_does_not_come_back_after_a_restart_is_gone() -> None:
    old, other, clock = pair()
    old.join("denali", "ada")
    old.join("denali", None)
    tell(old, other)
    old.start_leaving()
    tell(old, other, full=True)
    assert other.of("denali") == PresenceData(["ada"], 1, 2)
    wait(other, clock, SILENT_SECONDS + 1)
    assert other.of("denali") == PresenceData([], 0, 0)


@pytest.mark.parametrize(
    "change",
    [{"guests": -1}, {"guests": 10**30}, {"guests": "3"}, {"joined": [1]}, {"joined": ["x" * 1000]}, {"left": None}],
)
def test_a_report_of_the_wrong_shape_is_refused(change: dict[str, object]) -> None:
    channel = {"joined": [], "left": [], "guests": 0, **change}
    with pytest.raises(msgspec.ValidationError):
        decode_report(msgspec.json.encode({"worker": "w", "full": True, "channels": {"denali": channel}}))


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
