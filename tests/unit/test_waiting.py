"""How long a change may wait before it is refused."""

import pytest

from hub.waiting import LONGEST_SECONDS, STANDSTILL_SECONDS, Arrival, Pulse, arrival, asked_at


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def beat_for(pulse: Pulse, clock: Clock, seconds: float) -> None:
    for _ in range(int(seconds / 0.25)):
        clock.now += 0.25
        pulse.beat()


def test_a_process_that_goes_on_never_stands_still(clock: Clock) -> None:
    pulse = Pulse(clock)
    pulse.beat()
    asked = clock()
    beat_for(pulse, clock, LONGEST_SECONDS - 1)
    assert pulse.stood_still(asked) < 0.5
    assert not pulse.too_late(asked)


def test_what_waited_longer_than_anybody_does_is_too_late(clock: Clock) -> None:
    pulse = Pulse(clock)
    pulse.beat()
    asked = clock()
    beat_for(pulse, clock, LONGEST_SECONDS + 1)
    assert pulse.too_late(asked)
    assert not pulse.too_late(clock() - 1)


def test_a_standstill_is_noticed_before_and_after_the_next_beat(clock: Clock) -> None:
    pulse = Pulse(clock)
    pulse.beat()
    before = clock()
    clock.now += STANDSTILL_SECONDS + 1
    assert pulse.too_late(before)
    pulse.beat()
    beat_for(pulse, clock, 1)
    assert pulse.too_late(before)
    assert not pulse.too_late(clock() - 1)


def test_what_came_shortly_before_a_standstill_ended_is_not_too_late(clock: Clock) -> None:
    pulse = Pulse(clock)
    pulse.beat()
    clock.now += STANDSTILL_SECONDS * 2
    pulse.beat()
    assert not pulse.too_late(clock() - STANDSTILL_SECONDS / 2)
    assert pulse.too_late(clock() - STANDSTILL_SECONDS * 1.5)


def test_nobody_waits_for_what_a_request_leaves_running() -> None:
    request = Arrival(50.0)
    token = arrival.set(request)
    try:
        assert asked_at() == 50.0
        request.at = None
        assert asked_at() is None
    finally:
        arrival.reset(token)
    assert asked_at() is None
