"""The newest frames in memory: consecutive, compacted as the log is, bounded."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hub.channels.frames import payload_of, text_frame
from hub.channels.replay import CAPACITY, CAPACITY_BYTES, ReplayRing

AT = "2026-01-01T00:00:00.000000Z"


def whole(seq: int, text: str = "") -> bytes:
    return text_frame(json.dumps({"type": "post.updated", "seq": seq, "at": AT, "text": text}).encode())


def events(joined: bytes | None) -> list[dict[str, Any]]:
    assert joined is not None
    found = []
    while joined:
        payload = payload_of(joined)
        size = joined[1] if joined[1] < 126 else int.from_bytes(joined[2:4])
        found.append(json.loads(payload[:size]))
        joined = payload[size:]
    return found


def filled(count: int, start: int = 0) -> ReplayRing:
    ring = ReplayRing("denali", start)
    for seq in range(start + 1, start + count + 1):
        ring.append(seq, f"post:{seq}", whole(seq))
    return ring


def test_nothing_is_missed_at_the_head() -> None:
    assert filled(3).after(3) == b""
    assert ReplayRing("denali", 7).after(7) == b""


def test_what_came_after_a_number_is_given_in_order() -> None:
    ring = filled(5, start=100)
    assert [event["seq"] for event in events(ring.after(102))] == [103, 104, 105]
    assert [event["seq"] for event in events(ring.after(100))] == [101, 102, 103, 104, 105]


def test_what_is_not_here_is_not_given() -> None:
    ring = filled(5, start=100)
    assert ring.after(99) is None
    assert ring.after(106) is None
    assert ReplayRing("denali", 7).after(6) is None


def test_the_oldest_make_room_for_the_newest() -> None:
    ring = filled(CAPACITY + 10)
    assert ring.after(9) is None
    assert len(events(ring.after(10))) == CAPACITY


def test_bytes_are_bounded_too_but_the_newest_always_stays() -> None:
    ring = ReplayRing("denali", 0)
    for seq in range(1, 30):
        ring.append(seq, f"post:{seq}", whole(seq, "x" * (CAPACITY_BYTES // 4)))
    assert len(events(ring.after(26))) == 3
    assert ring.after(25) is None
    ring.append(30, "post:30", whole(30, "x" * 60_000))
    assert [event["seq"] for event in events(ring.after(29))] == [30]


def test_the_earlier_word_on_a_thing_becomes_a_tombstone() -> None:
    ring = ReplayRing("denali", 0)
    for seq, text in enumerate(("secret words", "better words", "last words"), start=1):
        ring.append(seq, "post:7", whole(seq, text))
    found = events(ring.after(0))
    assert found[:2] == [{"type": "tombstone", "channel": "denali", "seq": seq, "at": AT} for seq in (1, 2)]
    assert found[2]["text"] == "last words"


def test_a_replay_given_before_is_not_given_stale() -> None:
    ring = ReplayRing("denali", 0)
    ring.append(1, "post:7", whole(1, "secret words"))
    before = ring.after(0)
    ring.append(2, "post:7", whole(2))
    assert before is not None and b"secret" in before
    assert b"secret" not in (ring.after(0) or b"")


@given(st.lists(st.integers(0, 8), max_size=700), st.integers(0, 700))
def test_the_ring_is_the_end_of_the_compacted_log(things: list[int], after: int) -> None:
    ring = ReplayRing("denali", 0)
    for seq, thing in enumerate(things, start=1):
        ring.append(seq, f"post:{thing}", whole(seq, "x" * thing * 100))
    joined = ring.after(after)
    if joined is None:
        return
    expected = list(range(after + 1, len(things) + 1))
    found = events(joined)
    assert [event["seq"] for event in found] == expected
    newest = {thing: seq for seq, thing in enumerate(things, start=1)}
    assert [event["type"] == "tombstone" for event in found] == [newest[things[seq - 1]] != seq for seq in expected]
