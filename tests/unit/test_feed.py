"""A channel's feed: whatever the broker does, every subscriber has every event, in order, once."""

from hypothesis import given
from hypothesis import strategies as st

from hub.channels.feed import Feed
from hub.channels.recovery import MAX_MISSED
from hub.events import Envelope, Head, Typing, Who, encode_event
from tests.indoors import AT, CHANNEL, MemoryLog, Visitor, Worker, run, settle

EVENTS = 40
# What the broker makes of the events: which arrive when, how often, and after which it takes a breath.
deliveries = st.lists(st.tuples(st.integers(1, EVENTS), st.booleans()), max_size=3 * EVENTS)


def feed_of(worker: Worker) -> Feed:
    return worker.hub.feeds.open[CHANNEL]


def live(entity: str, text: bytes = b"x") -> Envelope:
    return Envelope(CHANNEL, "", 0, entity, b'{"type":"%s"}' % text)


@given(deliveries)
def test_lost_late_and_doubled_messages_change_nothing(plan: list[tuple[int, bool]]) -> None:
    async def story() -> None:
        log = MemoryLog()
        worker = Worker(log)
        visitor = await worker.visitor()
        written = [log.append() for _ in range(EVENTS)]
        for number, breath in plan:
            feed_of(worker).receive(written[number - 1])
            if breath:
                await settle()
        await worker.look()
        assert visitor.seqs == list(range(1, EVENTS + 1))

    run(story())


@given(deliveries, st.lists(st.tuples(st.integers(0, EVENTS), st.integers(0, 3 * EVENTS)), max_size=4))
def test_whoever_comes_back_in_the_middle_has_the_rest_once(
    plan: list[tuple[int, bool]], comers: list[tuple[int, int]]
) -> None:
    async def story() -> None:
        log = MemoryLog()
        worker = Worker(log)
        await worker.visitor()
        feed = feed_of(worker)
        written = [log.append() for _ in range(EVENTS)]
        came: list[tuple[int, Visitor]] = []
        for moment, (number, breath) in enumerate([*plan, (EVENTS, True)]):
            for since, when in comers:
                if when == moment:
                    came.append((since, await worker.visitor(since=since, epoch="first")))
            feed.receive(written[number - 1])
            if breath:
                await settle()
        await worker.look()
        for since, visitor in came:
            assert visitor.frames[0]["recovered"]
            assert visitor.seqs == list(range(since + 1, EVENTS + 1))

    run(story())


@given(st.lists(st.sampled_from(["write", "publish", "fail", "mend", "look", "stall", "read", "come"]), max_size=60))
def test_no_trouble_in_any_order_loses_or_doubles_an_event(trouble: list[str]) -> None:
    async def story() -> None:
        log = MemoryLog()
        worker = Worker(log)
        first = await worker.visitor()
        visitors = [(0, first)]
        for what in trouble:
            if what in ("write", "publish"):
                new = log.append()
                if what == "publish":
                    feed_of(worker).receive(new)
            elif what in ("fail", "mend"):
                log.failing = what == "fail"
            elif what == "stall":
                first.transport.stalled = True
            elif what == "read":
                first.transport.read_on()
            elif what == "come":
                here = feed_of(worker).seq
                visitors.append((here, await worker.visitor(since=here, epoch="first")))
            else:
                await worker.look()
        log.failing = False
        first.transport.read_on()
        await worker.look()
        for since, visitor in visitors:
            assert visitor.seqs == list(range(since + 1, log.seq + 1))

    run(story())


def test_events_of_one_turn_go_out_in_one_write() -> None:
    async def story() -> None:
        log = MemoryLog()
        worker = Worker(log)
        visitor = await worker.visitor()
        await settle()
        before = visitor.transport.writes
        for _ in range(20):
            feed_of(worker).receive(log.append())
        await settle()
        assert visitor.transport.writes == before + 1
        assert len(visitor.seqs) == 20

    run(story())


def test_the_welcome_says_where_the_channel_is() -> None:
    async def story() -> None:
        log = MemoryLog(epoch="first")
        for _ in range(3):
            log.append()
        worker = Worker(log)
        visitor = await worker.visitor()
        welcome = visitor.frames[0]
        assert (welcome["type"], welcome["seq"], welcome["epoch"], welcome["recovered"]) == (
            "welcome",
            3,
            "first",
            False,
        )
        assert visitor.seqs == []

    run(story())


def test_what_cannot_be_given_is_not_pretended() -> None:
    async def story() -> None:
        log = MemoryLog()
        for _ in range(MAX_MISSED + 10):
            log.append()
        log.trimmed = 50
        worker = Worker(log)
        for since, epoch in ((0, "first"), (40, "first"), (49, "first"), (MAX_MISSED, "other"), (MAX_MISSED, None)):
            visitor = await worker.visitor(since=since, **({"epoch": epoch} if epoch else {}))
            await settle()
            assert [visitor.kinds, visitor.frames[0]["recovered"]] == [["welcome"], False]
        visitor = await worker.visitor(since=50, epoch="first")
        await settle()
        assert visitor.frames[0]["recovered"]
        assert visitor.seqs == list(range(51, MAX_MISSED + 11))

    run(story())


def test_a_client_that_is_ahead_of_this_worker_is_given_what_follows() -> None:
    async def story() -> None:
        log = MemoryLog()
        worker = Worker(log)
        await worker.visitor()
        for _ in range(5):
            log.append()
        ahead = await worker.visitor(since=5, epoch="first")
        await settle()
        log.append()
        await worker.look()
        assert ahead.frames[0]["recovered"]
        assert ahead.frames[0]["seq"] == 5
        assert ahead.seqs == [6]

    run(story())


def test_a_client_from_the_future_is_told_to_fetch_the_history() -> None:
    async def story() -> None:
        worker = Worker(MemoryLog())
        visitor = await worker.visitor(since=10**12, epoch="first")
        await settle()
        assert visitor.frames[0]["recovered"] is False

    run(story())


def test_a_resume_while_the_log_is_away_is_not_pretended_either() -> None:
    async def story() -> None:
        log = MemoryLog()
        for _ in range(5):
            log.append()
        worker = Worker(log)
        await worker.visitor()
        log.failing = True
        visitor = await worker.visitor(since=2, epoch="first")
        await settle()
        assert visitor.frames[0]["recovered"] is False
        log.failing = False
        log.append()
        await worker.look()
        assert visitor.seqs == [6]

    run(story())


def test_a_reset_log_makes_everybody_fetch_the_history_again() -> None:
    async def story() -> None:
        log = MemoryLog()
        log.append()
        worker = Worker(log)
        visitor = await worker.visitor()
        log.reset("second", 0)
        await worker.look()
        assert visitor.kinds[-1] == "resync"
        feed_of(worker).receive(log.append())
        await settle()
        assert visitor.seqs == [1]
        assert feed_of(worker).epoch == "second"

    run(story())


def test_messages_of_a_former_life_of_the_log_are_passed_over() -> None:
    async def story() -> None:
        log = MemoryLog()
        worker = Worker(log)
        visitor = await worker.visitor()
        old = log.append()
        log.reset("second", 0)
        await worker.look()
        feed_of(worker).receive(old)
        await settle()
        assert visitor.seqs == []

    run(story())


def test_a_gap_is_filled_without_waiting_for_the_tail() -> None:
    async def story() -> None:
        log = MemoryLog()
        worker = Worker(log)
        visitor = await worker.visitor()
        log.append()
        feed_of(worker).receive(log.append())
        await settle()
        assert visitor.seqs == [1, 2]

    run(story())


def test_deleted_text_is_in_no_replay() -> None:
    async def story() -> None:
        log = MemoryLog()
        worker = Worker(log)
        await worker.visitor()
        for _ in range(3):
            feed_of(worker).receive(log.append("post:7"))
        late = await worker.visitor(since=0, epoch="first")
        assert late.kinds == ["welcome", "tombstone", "tombstone", "post.deleted"]

    run(story())


def test_one_who_fell_behind_gets_the_newest_of_each_and_no_passing_things() -> None:
    async def story() -> None:
        log = MemoryLog()
        worker = Worker(log)
        slow = await worker.visitor()
        feed = feed_of(worker)
        slow.transport.stalled = True
        feed.receive(live("filling", b"x" * 100_000))
        await settle()
        for round_ in range(3):
            feed.receive(log.append())
            feed.receive(live("location:ada", b"ada %d" % round_))
            feed.receive(live("location:ben", b"ben %d" % round_))
            typing = Typing(channel=CHANNEL, at=AT, data=Who("ada"))
            feed.receive(Envelope(CHANNEL, "", 0, "", encode_event(typing)))
            await settle()
        slow.transport.read_on()
        await settle()
        assert slow.seqs == [1, 2, 3]
        assert slow.kinds.count("ada 2") == slow.kinds.count("ben 2") == 1
        assert not {"ada 0", "ada 1", "ben 0", "ben 1", "typing"} & set(slow.kinds)
        feed.receive(live("location:ada", b"ada 3"))
        await settle()
        assert slow.kinds[-1] == "ada 3"

    run(story())


async def stall(worker: Worker, visitor: Visitor) -> None:
    """Let so much wait for this visitor that it falls behind."""
    visitor.transport.stalled = True
    feed_of(worker).receive(live("filling", b"x" * 100_000))
    await settle()


def test_a_slow_reader_gets_what_is_no_longer_in_memory_from_the_log() -> None:
    async def story() -> None:
        log = MemoryLog()
        worker = Worker(log)
        slow, quick = await worker.visitor(), await worker.visitor()
        await stall(worker, slow)
        for _ in range(900):
            feed_of(worker).receive(log.append())
        await settle()
        assert slow.transport.get_write_buffer_size() < 120_000
        slow.transport.read_on()
        feed_of(worker).receive(log.append())
        await settle()
        assert slow.seqs == quick.seqs == list(range(1, 902))

    run(story())


def test_a_slow_reader_who_missed_too_much_fetches_the_history() -> None:
    async def story() -> None:
        log = MemoryLog()
        worker = Worker(log)
        slow = await worker.visitor()
        await stall(worker, slow)
        for _ in range(MAX_MISSED + 10):
            feed_of(worker).receive(log.append())
        await settle()
        slow.transport.read_on()
        await settle()
        assert slow.kinds[-1] == "resync"
        feed_of(worker).receive(log.append())
        await settle()
        assert slow.seqs == [MAX_MISSED + 11]

    run(story())


def test_a_reader_who_stays_behind_for_half_a_minute_is_closed() -> None:
    async def story() -> None:
        worker = Worker(MemoryLog())
        slow, quick = await worker.visitor(), await worker.visitor()
        await stall(worker, slow)
        await worker.seconds(32)
        slow.transport.read_on()
        assert (slow.close_code, quick.close_code) == (4508, None)

    run(story())


def test_a_log_that_is_reset_while_a_replay_is_read_is_not_mixed_up() -> None:
    async def story() -> None:
        log = MemoryLog()
        worker = Worker(log)
        for _ in range(10):
            log.append()
        await worker.visitor()
        read = log.read

        async def reset_first(slug: str, after: int, *limits: int) -> object:
            log.reset("second", 0)
            for _ in range(20):
                log.append()
            feed_of(worker).check(Head(CHANNEL, "second", 20, log.mark_at(20)), 0)
            return await read(slug, after, *limits)

        log.read = reset_first  # type: ignore[method-assign,assignment]
        visitor = await worker.visitor(since=5, epoch="first")
        await settle()
        assert (visitor.frames[0]["recovered"], visitor.seqs) == (False, [])

    run(story())


def test_a_quiet_channel_says_where_it_is() -> None:
    async def story() -> None:
        log = MemoryLog()
        worker = Worker(log)
        visitor = await worker.visitor()
        for _ in range(3):
            feed_of(worker).receive(log.append())
        await worker.seconds(60)
        beats = [frame for frame in visitor.frames if frame["type"] == "heartbeat"]
        assert beats == [{"type": "heartbeat", "seq": 3, "mark": log.mark_at(3)}] * 2

    run(story())


def test_an_unread_feed_is_closed_after_a_while_and_opens_again() -> None:
    async def story() -> None:
        log = MemoryLog()
        worker = Worker(log)
        visitor = await worker.visitor()
        visitor.transport.close()
        await worker.seconds(59)
        assert CHANNEL in worker.hub.feeds.open
        await worker.seconds(3)
        assert CHANNEL not in worker.hub.feeds.open
        log.append()
        again = await worker.visitor(since=0, epoch="first")
        await settle()
        assert again.seqs == [1]

    run(story())


def test_an_unknown_channel_has_no_feed() -> None:
    async def story() -> None:
        assert await Worker(MemoryLog()).hub.feeds.get("nowhere") is None

    run(story())
