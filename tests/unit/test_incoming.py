"""Whatever the broker delivers, on any of the hub's topics, is at most passed over and counted."""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub import metrics
from hub.channels.feeds import KEPT_SECONDS
from hub.channels.memory import MemoryBroker
from tests.indoors import AT, CHANNEL, MemoryLog, Worker, event, run, settle

TOPICS = (f"channel:{CHANNEL}", "presence", "sessions", "channel:nowhere", "beat", "chat:7", "chat:x", "other", "", ":")
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(["type", "channel", "seq", "at", "data", "worker", "full", "channels", "guests", "id"]),
            inner,
        )
    ),
)
junk = st.binary(max_size=300) | json_values.map(lambda value: json.dumps(value).encode())


def unreadable() -> float:
    return metrics.broker_unreadable._value.get()


@given(st.lists(st.tuples(st.sampled_from(TOPICS), junk), max_size=20), st.integers())
def test_no_message_ends_the_worker_or_changes_what_subscribers_have(
    messages: list[tuple[str, bytes]], number: int
) -> None:
    async def story() -> None:
        log = MemoryLog()
        worker = Worker(log)
        visitor = await worker.visitor()
        for topic, message in messages:
            worker.hub.incoming.received(topic, message)
            worker.hub.incoming.received(topic, b"first\n%d\n\n%b" % (number, message))
            worker.hub.incoming.subscribed(topic)
        new = log.append()
        worker.hub.incoming.received(f"channel:{CHANNEL}", new.encode())
        await worker.seconds(3)
        await worker.look()
        assert visitor.seqs == [1]
        assert set(visitor.kinds) <= {"welcome", "presence.changed", "post.deleted"}

    run(story())


@pytest.mark.parametrize(
    ("topic", "message"),
    [
        ("presence", b"x" * 9_000_000),
        ("presence", b'{"worker":"w","full":true,"channels":{},"more":' + b"[" * 100_000),
        ("sessions", b'["\xff"]'),
        ("sessions", b'["\\ud800"]'),
        (f"channel:{CHANNEL}", b"first\n1\npost:1\n" + event(1).text.replace(b"denali", b"den\xffli")),
        (f"channel:{CHANNEL}", b"\n0\nlocation:a\n" + b'{"type":"location.updated","channel":"denali","at":"x"}'),
    ],
)
def test_what_is_too_large_too_deep_or_wrong_is_counted(topic: str, message: bytes) -> None:
    async def story() -> None:
        worker = Worker(MemoryLog())
        visitor = await worker.visitor()
        before = unreadable()
        worker.hub.incoming.received(topic, message)
        await settle()
        assert unreadable() == before + 1
        assert visitor.kinds == ["welcome"]

    run(story())


def test_a_number_far_ahead_takes_no_place_of_what_comes_early() -> None:
    async def story() -> None:
        log = MemoryLog()
        worker = Worker(log)
        visitor = await worker.visitor()
        feed = worker.hub.feeds.open[CHANNEL]
        for number in range(2_000):
            feed.receive(event(10**12 + number))
        assert not feed._early
        first, second = log.append(), log.append()
        log.failing = True
        feed.receive(second)
        feed.receive(first)
        await settle()
        assert visitor.seqs == [1, 2]

    run(story())


def test_of_much_that_cannot_be_read_one_line_a_minute_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        worker = Worker(MemoryLog())
        for _ in range(100):
            worker.hub.incoming.unreadable("presence", "junk")
        await asyncio.sleep(60)
        worker.hub.incoming.unreadable("presence", "junk")

    run(story())
    assert sum("cannot be read" in line for line in caplog.messages) == 2


def test_a_feed_that_is_joined_while_others_are_closed_stays_open() -> None:
    async def story() -> None:
        log = MemoryLog()
        worker = Worker(log)
        visitor = await worker.visitor()
        feeds = worker.hub.feeds
        visitor.transport.close()
        mine = feeds.open.pop(CHANNEL)
        other = await feeds.get(CHANNEL)
        assert other is not None
        feeds.open = {"other": other, CHANNEL: mine}
        other.channel = "other"
        await asyncio.sleep(KEPT_SECONDS + 1)

        class Joining(MemoryBroker):
            def unsubscribe(self, topic: str) -> None:
                mine.attach()

        feeds._broker = Joining()
        feeds.close_idle()
        assert list(feeds.open) == [CHANNEL]

    run(story())


def test_what_was_published_before_the_broker_listened_is_read_from_the_log() -> None:
    async def story() -> None:
        log = MemoryLog()
        worker = Worker(log)
        visitor = await worker.visitor()
        log.append()
        worker.hub.incoming.subscribed(f"channel:{CHANNEL}")
        await settle()
        assert visitor.seqs == [1]
        assert visitor.frames[-1]["at"] == AT

    run(story())
