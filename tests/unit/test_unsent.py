"""Peers that do not read: what waits for them is bounded, what they ask is not read, and the others never notice."""

from collections.abc import Callable

import pytest
from websockets.frames import Opcode

from hub.channels import unsent
from hub.channels.connection import SOFT_LIMIT, STUCK_SECONDS
from hub.channels.feeds import REPLAYS_AT_ONCE
from hub.channels.recovery import MAX_MISSED_BYTES, PAGE_BYTES
from hub.channels.subscriber import Subscriber
from hub.events import Envelope
from tests.indoors import CHANNEL, MemoryLog, MemoryPage, Visitor, Worker, run, settle


class LargeLog(MemoryLog):
    """A log of events of about 12 KB, that knows how often and how many at once it is asked."""

    under_way = 0
    most_under_way = 0

    def append(self, entity: str | None = None) -> Envelope:
        new = super().append(entity)
        large = Envelope(new.channel, new.epoch, new.seq, new.entity, new.text[:-1] + b',"x":"%b"}' % (b"x" * 12_000))
        self._entries[new.seq] = large
        return large

    async def read(self, slug: str, after: int, limit: int, most_bytes: int | None = None) -> MemoryPage | None:
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        await settle()
        try:
            return await super().read(slug, after, limit, most_bytes)
        finally:
            self.under_way -= 1


async def stalled(worker: Worker, address: str, **hello: object) -> Visitor:
    """A socket that says hello and reads nothing."""
    feed = await worker.hub.feeds.get(CHANNEL)
    assert feed is not None
    visitor = Visitor(worker.hub, Subscriber(worker.hub, feed, address))
    visitor.transport.stalled = True
    visitor.hello(**hello)
    return visitor


def test_a_replay_waits_in_pages_until_the_last_was_read() -> None:
    async def story() -> None:
        log = LargeLog()
        for _ in range(80):
            log.append()
        worker = Worker(log)
        visitor = await stalled(worker, "192.0.2.1", since=0, epoch="first")
        for _ in range(100):
            assert visitor.transport.get_write_buffer_size() < SOFT_LIMIT + PAGE_BYTES + 13_000
            await settle()
            if visitor.seqs == list(range(1, 81)):
                break
            visitor.transport.read_on()
            visitor.transport.stalled = True
        assert visitor.seqs == list(range(1, 81))

    run(story())


def test_all_at_one_place_are_given_one_page_that_is_read_once() -> None:
    async def story() -> None:
        log = LargeLog()
        for _ in range(80):
            log.append()
        worker = Worker(log)
        await worker.visitor()
        before = log.reads
        visitors = [await stalled(worker, "192.0.2.1", since=0, epoch="first") for _ in range(50)]
        for _ in range(10):
            await settle()
        # One page fills no buffer, two do.
        assert log.reads - before == 2
        for visitor in visitors:
            assert visitor.transport.get_write_buffer_size() > PAGE_BYTES // 2

    run(story())


def test_few_replays_are_read_at_a_time() -> None:
    async def story() -> None:
        log = LargeLog()
        for _ in range(60):
            log.append()
        worker = Worker(log)
        await worker.visitor()
        for since in range(40):
            await stalled(worker, "192.0.2.1", since=since, epoch="first")
        for _ in range(60):
            await settle()
        assert log.most_under_way == REPLAYS_AT_ONCE

    run(story())


def test_who_missed_too_many_bytes_fetches_the_history() -> None:
    async def story() -> None:
        log = LargeLog()
        count = MAX_MISSED_BYTES // 12_000 + 20
        for _ in range(count):
            log.append()
        worker = Worker(log)
        too_far, near = await worker.visitor(since=0, epoch="first"), await worker.visitor(since=30, epoch="first")
        for _ in range(60):
            await settle()
        assert (too_far.frames[0]["recovered"], too_far.seqs) == (False, [])
        assert (near.frames[0]["recovered"], near.seqs) == (True, list(range(31, count + 1)))
        worker.hub.feeds.open[CHANNEL].receive(log.append())
        await settle()
        assert too_far.seqs == [count + 1]

    run(story())


def test_a_page_that_was_read_before_is_not_given_stale() -> None:
    async def story() -> None:
        log = LargeLog()
        for _ in range(30):
            log.append("post:7")
        worker = Worker(log)
        await worker.visitor()
        await worker.visitor(since=28, epoch="first")
        for _ in range(5):
            await settle()
        worker.hub.feeds.open[CHANNEL].receive(log.append("post:7"))
        await settle()
        late = await worker.visitor(since=28, epoch="first")
        for _ in range(5):
            await settle()
        assert [kind for kind in late.kinds if kind != "welcome"] == ["tombstone", "tombstone", "post.deleted"]

    run(story())


def test_one_address_has_a_budget_and_the_others_never_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        monkeypatch.setattr(unsent, "ADDRESS_BYTES", 500_000)
        worker = Worker(MemoryLog())
        bad = [await stalled(worker, f"2001:db8::{number}") for number in range(10)]
        other = await stalled(worker, "192.0.2.7")
        good = await worker.visitor()
        worker.hub.feeds.open[CHANNEL].receive(Envelope(CHANNEL, "", 0, "big", b'{"type":"%b"}' % (b"x" * 100_000)))
        await settle()
        dropped = [visitor for visitor in bad if visitor.transport.closed]
        assert len(dropped) == 6
        assert {visitor.subscriber.close_code for visitor in dropped} == {4508}
        assert not other.transport.closed and not good.transport.closed
        assert worker.hub.unsent.bytes < 700_000
        for visitor in (*bad, other):
            visitor.transport.close()
        assert worker.hub.unsent.bytes == 0
        assert worker.hub.unsent._waiting == worker.hub.unsent._of_address == {}

    run(story())


def test_over_the_budget_of_the_worker_the_heaviest_address_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        monkeypatch.setattr(unsent, "WORKER_BYTES", 650_000)
        worker = Worker(MemoryLog())
        many = [await stalled(worker, "192.0.2.1") for _ in range(4)]
        few = [await stalled(worker, f"192.0.2.{number}") for number in range(10, 13)]
        worker.hub.feeds.open[CHANNEL].receive(Envelope(CHANNEL, "", 0, "big", b'{"type":"%b"}' % (b"x" * 100_000)))
        await settle()
        assert [visitor.transport.closed for visitor in many] == [True] * 4
        assert [visitor.transport.closed for visitor in few] == [False] * 3

    run(story())


@pytest.mark.parametrize(
    "ask",
    [
        lambda visitor: visitor.send({"type": "ping", "id": "x" * 64}),
        lambda visitor: visitor.send_raw(Opcode.PING, b"x" * 125),
    ],
)
def test_who_does_not_read_the_answers_is_asked_nothing_more(ask: Callable[[Visitor], None]) -> None:
    async def story() -> None:
        worker = Worker(MemoryLog())
        visitor = await stalled(worker, "192.0.2.1")
        for _ in range(30 * STUCK_SECONDS):
            for _ in range(3):
                if visitor.transport.reading:
                    ask(visitor)
            worker.hub.clock()
            await settle()
        assert visitor.transport.get_write_buffer_size() < SOFT_LIMIT + 1_000
        assert not visitor.transport.reading
        visitor.transport.read_on()
        assert visitor.transport.reading

    run(story())


def test_a_quiet_channel_does_not_keep_who_reads_nothing() -> None:
    async def story() -> None:
        worker = Worker(MemoryLog())
        visitor = await stalled(worker, "192.0.2.1")
        while visitor.transport.reading:
            visitor.send({"type": "ping", "id": "x" * 64})
            await settle()
        await worker.seconds(STUCK_SECONDS + 2)
        visitor.transport.read_on()
        assert visitor.close_code == 4508

    run(story())


def test_what_is_read_now_and_then_is_not_stuck() -> None:
    async def story() -> None:
        log = MemoryLog()
        worker = Worker(log)
        visitor = await stalled(worker, "192.0.2.1")
        for _ in range(6):
            big = Envelope(CHANNEL, "", 0, "big", b'{"type":"%b"}' % (b"x" * 100_000))
            worker.hub.feeds.open[CHANNEL].receive(big)
            await worker.seconds(STUCK_SECONDS - 10)
            visitor.transport.read_on()
            visitor.send_raw(Opcode.PONG, b"")
            visitor.transport.stalled = True
        worker.hub.feeds.open[CHANNEL].receive(log.append())
        await settle()
        visitor.transport.read_on()
        assert visitor.close_code is None
        assert visitor.seqs == [1]

    run(story())
