"""The timer wheel: due to the second, never early."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.channels.timers import TimerWheel


def ticks_until_due(wheel: TimerWheel[str], entry: str, most: int = 200) -> int:
    for tick in range(1, most):
        if entry in wheel.tick():
            return tick
    raise AssertionError("never due")


@pytest.mark.parametrize(
    ("seconds", "ticks"), [(-5, 1), (0, 1), (0.1, 1), (1, 1), (1.01, 2), (25, 25), (62.5, 63), (63, 63)]
)
def test_an_entry_is_due_after_its_seconds_rounded_up(seconds: float, ticks: int) -> None:
    wheel: TimerWheel[str] = TimerWheel()
    wheel.schedule(seconds, "a")
    assert ticks_until_due(wheel, "a") == ticks


def test_what_is_further_than_the_span_is_due_at_its_end() -> None:
    wheel: TimerWheel[str] = TimerWheel(span=8)
    wheel.schedule(1000, "a")
    assert ticks_until_due(wheel, "a") == 7


def test_an_entry_is_due_once() -> None:
    wheel: TimerWheel[str] = TimerWheel(span=8)
    wheel.schedule(3, "a")
    assert [entry for _ in range(50) for entry in wheel.tick()] == ["a"]


def test_what_is_scheduled_while_handling_what_is_due_waits_for_a_later_tick() -> None:
    wheel: TimerWheel[str] = TimerWheel(span=4)
    wheel.schedule(1, "a")
    due = wheel.tick()
    wheel.schedule(0, "b")
    assert (due, wheel.tick()) == (["a"], ["b"])


@given(st.lists(st.tuples(st.integers(0, 30), st.floats(0, 60)), max_size=30))
def test_everything_comes_up_at_its_time(plan: list[tuple[int, float]]) -> None:
    wheel: TimerWheel[int] = TimerWheel()
    expected: dict[int, int] = {}
    for now in range(100):
        for number, (at, seconds) in enumerate(plan):
            if at == now:
                wheel.schedule(seconds, number)
                expected[number] = now + max(1, -int(-seconds // 1))
        assert sorted(wheel.tick()) == sorted(number for number, tick in expected.items() if tick == now + 1)
