"""A log that went back under the same epoch: whoever is ahead of it or on another branch fetches the history again."""

from hypothesis import given
from hypothesis import strategies as st

from hub.channels.feed import Feed
from hub.events import LEFT
from tests.indoors import CHANNEL, MemoryLog, Worker, run, settle


def feed_of(worker: Worker) -> Feed:
    return worker.hub.feeds.open[CHANNEL]


def branched(shared: int, lost: int) -> tuple[MemoryLog, MemoryLog]:
    """A log that lost its newest entries, and the one that its clients know."""
    log = MemoryLog()
    for _ in range(shared):
        log.append()
    copy = log.copy()
    for _ in range(lost):
        log.append()
    known = log.copy()
    log.put_back(copy)
    return log, known


@given(st.integers(0, 5), st.integers(1, 5), st.integers(0, 12), st.integers(0, 10), st.booleans())
def test_after_a_restart_a_mark_says_who_has_what_the_log_has(
    shared: int, lost: int, more: int, since: int, in_memory: bool
) -> None:
    async def story() -> None:
        log, known = branched(shared, lost)
        worker = Worker(log)
        if in_memory:
            await worker.visitor()
        for _ in range(more):
            event = log.append(about=7)
            if in_memory:
                feed_of(worker).receive(event)
        since_known = min(since, known.seq)
        visitor = await worker.visitor(since=since_known, epoch="first", mark=known.mark_at(since_known))
        await settle()
        recovered = since_known <= shared
        assert visitor.frames[0]["recovered"] is recovered
        assert visitor.seqs == (list(range(since_known + 1, log.seq + 1)) if recovered else [])

    run(story())


def test_without_a_mark_only_one_beyond_the_head_is_noticed() -> None:
    async def story() -> None:
        log, known = branched(shared=3, lost=4)
        log.append(about=7)
        worker = Worker(log)
        visitor = await worker.visitor(since=known.seq, epoch="first")
        await settle()
        assert visitor.frames[0]["recovered"] is False
        assert log.renewals == 0

    run(story())


def test_a_claim_of_a_client_renews_no_epoch() -> None:
    async def story() -> None:
        log = MemoryLog()
        for _ in range(5):
            log.append()
        worker = Worker(log)
        for since, mark in ((3, "forged"), (5, "forged"), (5, ""), (900, "forged"), (900, log.mark_at(5))):
            visitor = await worker.visitor(since=since, epoch="first", mark=mark)
            await settle()
            assert visitor.frames[0]["recovered"] is (mark == "")
        await worker.look()
        assert (log.renewals, feed_of(worker).epoch) == (0, "first")

    run(story())


@given(st.integers(0, 4), st.integers(1, 6), st.integers(0, 12), st.booleans())
def test_a_running_worker_notices_and_gives_the_log_a_new_epoch_once(
    shared: int, lost: int, more: int, published: bool
) -> None:
    async def story() -> None:
        log = MemoryLog()
        for _ in range(shared):
            log.append()
        first, second = Worker(log, "first"), Worker(log, "second")
        here, there = await first.visitor(), await second.visitor()
        copy = log.copy()
        for _ in range(lost):
            event = log.append()
            for worker in (first, second):
                feed_of(worker).receive(event)
        await settle()
        log.put_back(copy)
        for _ in range(more):
            event = log.append(about=7)
            if published:
                feed_of(first).receive(event)
        for worker in (first, second, first, second):
            await worker.look()
        assert log.renewals == 1
        for worker, visitor in ((first, here), (second, there)):
            assert visitor.kinds[-1] == "resync"
            assert visitor.seqs == list(range(shared + 1, shared + lost + 1))
            assert (feed_of(worker).epoch, feed_of(worker).seq) == ("renewed 1", log.seq)

    run(story())


def test_an_event_that_follows_another_history_is_not_shown() -> None:
    async def story() -> None:
        log = MemoryLog()
        worker = Worker(log)
        visitor = await worker.visitor()
        copy = log.copy()
        feed_of(worker).receive(log.append())
        log.put_back(copy)
        log.append(about=7)
        # Of the other history only the second event comes through: its number is the next one here.
        feed_of(worker).receive(log.append(about=8))
        await settle()
        assert visitor.seqs == [1]
        assert visitor.kinds[-1] == "resync"

    run(story())


def test_a_log_that_cannot_be_given_a_new_epoch_now_is_looked_at_again() -> None:
    async def story() -> None:
        log = MemoryLog()
        worker = Worker(log)
        visitor = await worker.visitor()
        copy = log.copy()
        feed_of(worker).receive(log.append())
        await settle()
        log.put_back(copy)
        log.failing = True
        await worker.look()
        assert visitor.kinds[-1] == "post.deleted"
        log.failing = False
        await worker.look()
        assert visitor.kinds[-1] == "resync"

    run(story())


def test_messages_from_before_marks_are_taken_as_they_are() -> None:
    async def story() -> None:
        log = MemoryLog()
        worker = Worker(log)
        visitor = await worker.visitor()
        event = log.append()
        unmarked = event.text[: event.text.index(b',"mark"')] + b"}"
        feed_of(worker).receive(type(event)(CHANNEL, "first", 1, event.entity, unmarked))
        await settle()
        assert visitor.seqs == [1]
        assert feed_of(worker).ring.mark == ""

    run(story())


def test_what_an_account_took_along_is_in_no_memory_either() -> None:
    async def story() -> None:
        log = MemoryLog()
        worker = Worker(log)
        await worker.visitor()
        for entity in ("post:1", "post:2", f"{LEFT}post:1"):
            feed_of(worker).receive(log.append(entity))
        reads = log.reads
        late = await worker.visitor(since=0, epoch="first")
        await settle()
        assert late.seqs == [1, 2, 3]
        assert log.reads > reads

    run(story())
