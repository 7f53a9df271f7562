"""Token buckets on a clock that the test moves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import TooManyRequests
from hub.ratelimit import Bucket, Limiter, Rate

RATE = Rate(burst=3, per_second=0.5)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_passes_and_the_next_one_waits() -> None:
    limiter = Limiter(RATE, Clock())
    assert [limiter.wait_for("ada") for _ in range(4)] == [0, 0, 0, 2]


def test_waiting_as_long_as_told_is_enough_and_less_is_not() -> None:
    clock = Clock()
    limiter = Limiter(RATE, clock)
    wait = [limiter.wait_for("ada") for _ in range(4)][-1]
    clock.now += wait / 2
    assert limiter.wait_for("ada") == pytest.approx(wait / 2)
    clock.now += wait / 2
    assert limiter.wait_for("ada") == 0


def test_one_who_is_refused_does_not_pay_for_it() -> None:
    clock = Clock()
    limiter = Limiter(RATE, clock)
    for _ in range(100):
        limiter.wait_for("ada")
    clock.now += 2
    assert limiter.wait_for("ada") == 0


def test_keys_do_not_share() -> None:
    limiter = Limiter(RATE, Clock())
    for _ in range(10):
        limiter.wait_for("ada")
    assert limiter.wait_for("ben") == 0


def test_what_is_over_the_limit_says_when_to_come_back() -> None:
    limiter = Limiter(Rate(burst=1, per_second=0.1), Clock())
    limiter.check("ada", "attempts to log in")
    with pytest.raises(TooManyRequests, match=r"Too many attempts to log in\. Try again in 10 seconds\.") as caught:
        limiter.check("ada", "attempts to log in")
    assert caught.value.retry_after == 10


def test_who_waits_as_long_as_told_is_let_in() -> None:
    clock = Clock()
    limiter = Limiter(Rate(burst=1, per_second=1 / 1.4), clock)
    limiter.check("ada", "requests")
    with pytest.raises(TooManyRequests, match=r"Try again in 2 seconds\.") as caught:
        limiter.check("ada", "requests")
    assert caught.value.retry_after is not None
    clock.now += caught.value.retry_after
    limiter.check("ada", "requests")


def test_full_buckets_are_forgotten_and_the_others_kept() -> None:
    clock = Clock()
    limiter = Limiter(RATE, clock)
    for number in range(Limiter.FORGET_ABOVE):
        limiter.wait_for(str(number))
    clock.now += RATE.burst / RATE.per_second - 1
    for _ in range(4):
        limiter.wait_for("7")
    clock.now += 1
    limiter.wait_for("one more")
    assert len(limiter._buckets) == 2
    assert limiter.wait_for("7") > 0


def test_what_is_given_back_was_never_counted() -> None:
    limiter = Limiter(RATE, Clock())
    for _ in range(10):
        assert limiter.wait_for("ada") == 0
        limiter.give_back("ada")
    assert limiter.counted("ada") == 0
    assert [limiter.wait_for("ada") for _ in range(4)] == [0, 0, 0, 2]


def test_looking_for_room_counts_nothing() -> None:
    limiter = Limiter(RATE, Clock())
    for _ in range(10):
        limiter.check_room("ada", "guesses")
    for _ in range(3):
        limiter.check("ada", "guesses")
    assert limiter.counted("ada") == 3
    with pytest.raises(TooManyRequests) as caught:
        limiter.check_room("ada", "guesses")
    assert caught.value.retry_after == 2


def test_keys_that_are_all_in_use_stay_bounded() -> None:
    limiter = Limiter(RATE, Clock())
    for number in range(3 * Limiter.FORGET_ABOVE):
        limiter.wait_for(str(number))
    assert len(limiter._buckets) <= Limiter.FORGET_ABOVE
    assert limiter.counted(str(3 * Limiter.FORGET_ABOVE - 1)) == 1


@given(st.lists(st.floats(0, 10), min_size=1, max_size=60))
def test_never_more_than_the_rate_allows(pauses: list[float]) -> None:
    now, taken = 0.0, 0
    bucket = Bucket(RATE, now)
    for pause in pauses:
        now += pause
        taken += bucket.take(RATE, now) == 0
        assert taken <= RATE.burst + now * RATE.per_second + 1e-6
