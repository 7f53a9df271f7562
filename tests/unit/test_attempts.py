"""Limits on guessing: they stop the guesser and nobody else. On a clock that the test moves."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.attempts import GUESSES, LONGEST_DELAY, NETWORK, UNSLOWED, Attempts
from hub.errors import TooManyRequests, Unavailable
from hub.handlers.hashing import SLEEPING, WAITING, WAITING_PER_NETWORK, Hashing
from tests import indoors

HERE, THERE = "203.0.113.7", "198.51.100.1"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def attempts(clock: Clock) -> Attempts:
    return Attempts(clock)


def exhaust(attempts: Attempts, address: str, username: str) -> None:
    who = attempts.stranger(address, username)
    for _ in range(int(GUESSES.burst)):
        attempts.check(who)
        attempts.failed(who)
    with pytest.raises(TooManyRequests):
        attempts.check(who)


def test_a_guesser_shuts_out_nobody_of_another_network_or_name(attempts: Attempts) -> None:
    exhaust(attempts, HERE, "ada")
    attempts.check(attempts.stranger(THERE, "ada"))
    attempts.check(attempts.stranger(HERE, "ben"))


def test_the_case_of_a_name_and_an_address_in_the_same_subnet_are_no_way_around(attempts: Attempts) -> None:
    exhaust(attempts, "2001:db8::1", "ada")
    with pytest.raises(TooManyRequests):
        attempts.check(attempts.stranger("2001:db8::2", "ADA"))


def test_a_known_browser_keeps_its_own_attempts(attempts: Attempts) -> None:
    for name in range(20):
        attempts.failed(attempts.stranger(HERE, f"member{name}"))
    exhaust(attempts, HERE, "ada")
    known = attempts.known_browser("number")
    attempts.check(known)
    assert attempts.delay(known) == 0
    for _ in range(int(GUESSES.burst)):
        attempts.failed(known)
    with pytest.raises(TooManyRequests):
        attempts.check(known)
    attempts.check(attempts.known_browser("another"))


def test_a_network_that_tries_many_names_is_stopped(attempts: Attempts) -> None:
    for number in range(int(NETWORK.burst)):
        attempts.failed(attempts.stranger(HERE, f"member{number}"))
    with pytest.raises(TooManyRequests, match="network"):
        attempts.check(attempts.stranger(HERE, "one more"))
    attempts.check(attempts.stranger(THERE, "one more"))


def test_right_passwords_are_never_counted(attempts: Attempts) -> None:
    for _ in range(1_000):
        attempts.check(attempts.stranger(HERE, "ada"))


def test_waiting_as_long_as_told_is_enough(attempts: Attempts, clock: Clock) -> None:
    exhaust(attempts, HERE, "ada")
    with pytest.raises(TooManyRequests) as caught:
        attempts.check(attempts.stranger(HERE, "ada"))
    assert caught.value.retry_after is not None
    clock.now += caught.value.retry_after
    attempts.check(attempts.stranger(HERE, "ada"))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 200))
def test_a_name_that_many_networks_guess_is_slowed_and_never_locked(failures: int) -> None:
    attempts = Attempts(Clock())
    delays = []
    for number in range(failures):
        attempts.failed(attempts.stranger(f"10.0.{number // 250}.{number % 250}", "ada"))
        delays.append(attempts.delay(attempts.stranger(THERE, "Ada")))
    attempts.check(attempts.stranger(THERE, "ada"))
    assert delays == sorted(delays)
    assert all(delay == 0 for delay in delays[:UNSLOWED])
    assert all(delay <= LONGEST_DELAY for delay in delays)
    assert failures <= UNSLOWED or delays[-1] > 0
    assert attempts.delay(attempts.stranger(THERE, "ben")) == 0


def test_a_network_takes_only_its_part_of_the_queue() -> None:
    async def crowd() -> None:
        hashing = Hashing()
        gate = asyncio.Event()

        async def wait(network: str, known: bool = False) -> None:
            async with hashing.turn(network, known=known):
                await gate.wait()

        waiting = [asyncio.create_task(wait("crowd")) for _ in range(WAITING_PER_NETWORK)]
        await indoors.settle()
        with pytest.raises(TooManyRequests):
            await wait("crowd")
        waiting += [asyncio.create_task(wait(f"n{n}")) for n in range(WAITING - WAITING_PER_NETWORK)]
        await indoors.settle()
        with pytest.raises(Unavailable):
            await wait("somebody")
        waiting.append(asyncio.create_task(wait("member", known=True)))
        gate.set()
        await asyncio.gather(*waiting)
        await wait("crowd")
        hashing.close()

    indoors.run(crowd())


def test_being_slowed_down_has_few_places_and_whoever_finds_none_goes_on() -> None:
    async def crowd() -> None:
        hashing = Hashing()
        sleepers = [asyncio.create_task(hashing.slow_down(60)) for _ in range(SLEEPING)]
        await indoors.settle()
        await asyncio.wait_for(hashing.slow_down(60), 1)
        assert not any(sleeper.done() for sleeper in sleepers)
        sleepers[0].cancel()
        await asyncio.gather(*sleepers, return_exceptions=True)
        hashing.close()

    indoors.run(crowd())
