"""What a worker says of its life, and what its parent makes of it."""

import asyncio
import os

import pytest

from hub import heartbeat
from hub.heartbeat import DATABASE, LOOP, READY, Heartbeat
from hub.process import DATABASE_SILENT_SECONDS, SILENT_SECONDS, START_SECONDS, Signs


def living() -> Signs:
    signs = Signs(started=0.0)
    signs.hear(READY, 1.0)
    return signs


def test_a_worker_that_starts_for_long_is_left_alone_until_it_is_ready() -> None:
    signs = Signs(started=0.0)
    assert signs.fault(START_SECONDS - 1) == ""
    assert "not ready" in signs.fault(START_SECONDS + 1)
    signs.hear(READY, START_SECONDS + 1)
    assert signs.fault(START_SECONDS + 2) == ""


def test_a_loop_that_stands_still_is_a_fault_after_three_seconds() -> None:
    signs = living()
    signs.hear(LOOP + DATABASE, 10.0)
    assert signs.fault(10.0 + SILENT_SECONDS - 0.1) == ""
    assert "no sign of life" in signs.fault(10.0 + SILENT_SECONDS + 0.1)


def test_a_database_thread_that_hangs_is_a_fault_although_the_loop_goes_on() -> None:
    signs = living()
    for second in range(1, int(DATABASE_SILENT_SECONDS) + 1):
        signs.hear(LOOP, float(second))
        assert signs.fault(float(second)) == ""
    signs.hear(LOOP, DATABASE_SILENT_SECONDS + 2)
    assert "database" in signs.fault(DATABASE_SILENT_SECONDS + 2)


def test_whoever_could_not_be_heard_is_excused() -> None:
    signs = living()
    signs.excuse(1_000.0)
    assert signs.fault(1_000.0 + SILENT_SECONDS - 0.1) == ""


def test_a_worker_that_is_to_end_may_close_its_database_and_no_longer() -> None:
    signs = living()
    signs.gone_by = 40.0
    signs.hear(LOOP, 39.0)
    assert signs.fault(39.5) == ""
    assert "did not end in time" in signs.fault(40.1)


@pytest.fixture
def pipe() -> tuple[int, int]:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    return reading, writing


def read(pipe: int) -> bytes:
    try:
        return os.read(pipe, 65_536)
    except BlockingIOError:
        return b""


async def test_the_loop_is_heard_while_the_database_hangs(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.001)
    answers = asyncio.Event()

    async def pulse() -> None:
        await answers.wait()

    beating = asyncio.create_task(Heartbeat(pipe[1], pulse).run())
    heard = b""
    while heard.count(LOOP) < 5:
        await asyncio.sleep(0.001)
        heard += read(pipe[0])
    assert DATABASE not in heard
    answers.set()
    while DATABASE not in heard:
        await asyncio.sleep(0.001)
        heard += read(pipe[0])
    beating.cancel()


async def test_a_parent_that_does_not_listen_stops_no_heart(pipe: tuple[int, int]) -> None:
    async def pulse() -> None:
        return

    heart = Heartbeat(pipe[1], pulse)
    for _ in range(100_000):
        heart.say(LOOP)
    os.close(pipe[0])
    heart.say(LOOP)
