"""One socket and its visitor: hello first and once, tokens that end, answers to frames, and every close code."""

import asyncio
import json

import pytest
from websockets.frames import Opcode

from hub.channels.connection import FRAMES, PING_SECONDS
from hub.errors import TooManyRequests
from tests.indoors import CHANNEL, MemoryLog, Visitor, Worker, run, settle


def frame_of(kind: str, **fields: object) -> bytes:
    return json.dumps({"type": kind, **fields}).encode()


def test_a_guest_is_welcomed_as_nobody_and_a_member_by_name() -> None:
    async def story() -> None:
        worker = Worker(MemoryLog())
        guest = await worker.visitor()
        member = await worker.visitor(token=worker.person("ada"))
        assert guest.frames[0]["user"] is None
        assert member.frames[0]["user"] == {"username": "ada", "name": "ada", "role": "visitor"}
        assert member.frames[0]["presence"] == {"members": ["ada"], "guests": 1, "count": 2}

    run(story())


def test_who_says_nothing_for_ten_seconds_is_closed_and_who_greets_stays() -> None:
    async def story() -> None:
        worker = Worker(MemoryLog())
        silent, greeting = await worker.socket(), await worker.socket()
        await worker.seconds(9)
        assert silent.close_code is None
        greeting.hello()
        await worker.seconds(2)
        assert silent.close_code == 4408
        assert greeting.close_code is None

    run(story())


@pytest.mark.parametrize(
    ("opcode", "payload", "code"),
    [
        (Opcode.TEXT, b"not json", 4400),
        (Opcode.TEXT, b"[]", 4400),
        (Opcode.TEXT, b"{}", 4400),
        (Opcode.TEXT, b'{"type": 7}', 4400),
        (Opcode.TEXT, frame_of("greetings"), 4400),
        (Opcode.TEXT, frame_of("ping", colour="red"), 4400),
        (Opcode.TEXT, frame_of("ping", id=1.5), 4400),
        (Opcode.TEXT, frame_of("ping", id="x" * 65), 4400),
        (Opcode.TEXT, frame_of("auth"), 4400),
        (Opcode.TEXT, frame_of("auth", token="x" * 5000), 4400),
        (Opcode.TEXT, b'{"type": "ping", "id": NaN}', 4400),
        (Opcode.TEXT, b"[" * 10_000, 4400),
        (Opcode.TEXT, frame_of("é" * 100), 4400),
        (Opcode.TEXT, b"", 4400),
        (Opcode.TEXT, b"\xff", 1007),
        (Opcode.TEXT, b'"' + b"x" * 16_384, 1009),
        (Opcode.BINARY, b"{}", 4400),
        (Opcode.BINARY, b"", 4400),
        (Opcode.TEXT, frame_of("hello"), 1008),
    ],
)
def test_a_frame_that_is_wrong_closes_with_its_code(opcode: Opcode, payload: bytes, code: int) -> None:
    async def story() -> None:
        visitor = await Worker(MemoryLog()).visitor()
        visitor.send_raw(opcode, payload)
        assert visitor.close_code == code

    run(story())


@pytest.mark.parametrize(
    ("hello", "code"),
    [
        ({"token": "forged"}, 4401),
        ({"token": ""}, 4401),
        ({"token": 7}, 4400),
        ({"since": -1}, 4400),
        ({"since": "7"}, 4400),
        ({"since": 1.5}, 4400),
        ({"epoch": "x" * 65}, 4400),
        ({"channel": "denali"}, 4400),
    ],
)
def test_a_hello_that_is_wrong_closes_with_its_code(hello: dict[str, object], code: int) -> None:
    async def story() -> None:
        visitor = await Worker(MemoryLog()).visitor(**hello)
        assert (visitor.close_code, visitor.kinds) == (code, [])

    run(story())


def test_anything_before_hello_is_not_allowed() -> None:
    async def story() -> None:
        visitor = await Worker(MemoryLog()).socket()
        visitor.send({"type": "ping"})
        assert visitor.close_code == 1008

    run(story())


def test_after_a_close_frame_nothing_follows_and_nothing_is_heard() -> None:
    async def story() -> None:
        log = MemoryLog()
        worker = Worker(log)
        visitor = await worker.visitor()
        visitor.send({"type": "hello"})
        for _ in range(3):
            worker.hub.publish(log.append())
        visitor.send({"type": "ping", "id": 7})
        await settle()
        assert [frame.opcode for frame in visitor.raw] == [Opcode.TEXT, Opcode.CLOSE]

    run(story())


def test_a_close_is_answered_and_one_that_is_not_answered_ends_after_two_seconds() -> None:
    async def story() -> None:
        worker = Worker(MemoryLog())
        polite, silent = await worker.visitor(), await worker.visitor()
        polite.send_raw(Opcode.CLOSE, (1000).to_bytes(2))
        assert (polite.close_code, polite.transport.closed) == (1000, True)
        silent.send_raw(Opcode.BINARY, b"")
        await worker.seconds(1)
        assert not silent.transport.closed
        await worker.seconds(2)
        assert silent.transport.closed
        assert not worker.hub.registry.sockets

    run(story())


def test_frames_with_an_id_are_answered_with_it() -> None:
    async def story() -> None:
        worker = Worker(MemoryLog())
        visitor = await worker.visitor(token=worker.person("ada"))
        for number in (7, "seven"):
            visitor.send({"type": "ping", "id": number})
        visitor.send({"type": "ping"})
        visitor.send({"type": "auth", "id": "a", "token": "token of ada"})
        assert visitor.frames[1:] == [
            {"type": "pong", "id": 7},
            {"type": "pong", "id": "seven"},
            {"type": "pong"},
            {"type": "ack", "id": "a"},
        ]
        visitor.send_raw(Opcode.PING, b"still there?")
        assert (visitor.raw[-1].opcode, bytes(visitor.raw[-1].data)) == (Opcode.PONG, b"still there?")

    run(story())


def test_a_guest_may_not_type_and_stays_connected() -> None:
    async def story() -> None:
        visitor = await Worker(MemoryLog()).visitor()
        visitor.send({"type": "typing"})
        assert visitor.frames[-1]["type"] == "error"
        assert visitor.frames[-1]["code"] == "forbidden"
        assert visitor.close_code is None

    run(story())


def test_typing_is_told_at_most_once_in_three_seconds() -> None:
    async def story() -> None:
        worker = Worker(MemoryLog())
        reader, writer = await worker.visitor(), await worker.visitor(token=worker.person("ada"))
        for _ in range(5):
            writer.send({"type": "typing"})
        await settle()
        assert [frame["data"] for frame in reader.frames if frame["type"] == "typing"] == [{"username": "ada"}]
        await worker.seconds(3)
        writer.send({"type": "typing"})
        await settle()
        assert reader.kinds.count("typing") == 2

    run(story())


def test_a_token_that_ends_closes_its_socket_and_a_fresh_one_in_time_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        worker = Worker(MemoryLog())
        # The worker's two clocks go together here.
        monkeypatch.setattr(worker.hub, "wall_clock", worker.hub.clock)
        start = worker.hub.clock()
        leaving = await worker.visitor(token=worker.person("ada", start + 40))
        staying = await worker.visitor(token=worker.person("ben", start + 40))
        await worker.seconds(35)
        worker.person("ben", start + 300)
        staying.send({"type": "auth", "token": "token of ben"})
        await worker.seconds(10)
        assert leaving.close_code == 4401
        assert staying.close_code is None
        for _ in range(13):
            assert staying.close_code is None
            staying.send({"type": "ping"})
            await worker.seconds(20)
        assert staying.close_code == 4401

    run(story())


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [("ada", "token of ben", 4401), ("ada", "forged", 4401), (None, "token of ben", 1008)],
)
def test_a_socket_stays_its_members(first: str | None, second: str, code: int) -> None:
    async def story() -> None:
        worker = Worker(MemoryLog())
        worker.person("ben")
        hello = {"token": worker.person(first)} if first else {}
        visitor = await worker.visitor(**hello)
        visitor.send({"type": "auth", "token": second})
        assert visitor.close_code == code

    run(story())


def test_an_ended_session_closes_its_sockets_and_no_others() -> None:
    async def story() -> None:
        worker = Worker(MemoryLog())
        ada, ben, guest = [
            await worker.visitor(**hello)
            for hello in ({"token": worker.person("ada")}, {"token": worker.person("ben")}, {})
        ]
        worker.hub.end_sessions(["s-ada", "s-nobody"])
        again = await worker.visitor(token="token of ada")
        assert [one.close_code for one in (ada, ben, guest, again)] == [4401, None, None, 4401]

    run(story())


def test_too_many_frames_close_the_socket_and_a_steady_talker_stays() -> None:
    async def story() -> None:
        worker = Worker(MemoryLog())
        steady, flood = await worker.visitor(), await worker.visitor()
        for _ in range(60):
            for _ in range(int(FRAMES.per_second)):
                steady.send({"type": "ping"})
            await worker.seconds(1)
        assert steady.close_code is None
        for _ in range(int(FRAMES.burst) + 1):
            flood.send({"type": "ping"})
        assert flood.close_code == 4429

    run(story())


def test_a_dead_peer_is_let_go_and_one_that_answers_pings_stays() -> None:
    async def story() -> None:
        worker = Worker(MemoryLog())
        dead, living = await worker.visitor(), await worker.visitor()
        for _ in range(80):
            await worker.seconds(1)
            pings = [frame for frame in living.raw if frame.opcode is Opcode.PING]
            if len(pings) > getattr(living, "answered", 0):
                living.answered = len(pings)  # type: ignore[attr-defined]
                living.send_raw(Opcode.PONG, b"")
        assert dead.transport.closed
        assert not living.transport.closed

    run(story())


def test_sockets_that_came_together_are_asked_apart_whether_they_live() -> None:
    async def story() -> None:
        worker = Worker(MemoryLog())
        visitors = [await worker.visitor() for _ in range(40)]
        asked = []
        for _ in range(PING_SECONDS + 1):
            await worker.seconds(1)
            asked.append(sum(frame.opcode is Opcode.PING for visitor in visitors for frame in visitor.raw))
        assert asked[-1] == len(visitors)
        assert asked[PING_SECONDS // 2 - 1] == 0
        assert len(set(asked)) > 5

    run(story())


def test_presence_is_told_at_most_once_a_second_and_forgets_who_left() -> None:
    async def story() -> None:
        worker = Worker(MemoryLog())
        watcher = await worker.visitor()
        for number in range(5):
            await worker.visitor(token=worker.person(f"member{number}"))
        leaver = await worker.visitor(token=worker.person("leaver"))
        await worker.seconds(1)
        leaver.transport.close()
        await worker.seconds(2)
        changes = [frame["data"] for frame in watcher.frames if frame["type"] == "presence.changed"]
        assert [change["count"] for change in changes] == [7, 6]
        assert "leaver" in changes[0]["members"] and "leaver" not in changes[1]["members"]

    run(story())


def test_a_goodbye_comes_before_a_planned_close() -> None:
    async def story() -> None:
        worker = Worker(MemoryLog())
        visitors = [await worker.visitor() for _ in range(3)]
        await worker.hub.drain(2)
        for visitor in visitors:
            assert visitor.kinds[-1] == "goodbye"
            assert visitor.frames[-1]["reconnect_in"] > 0
            assert visitor.close_code == 1012
            assert visitor.transport.closed

    run(story())


def test_who_comes_while_the_others_are_sent_away_is_told_goodbye_too() -> None:
    async def story() -> None:
        worker = Worker(MemoryLog())
        first = await worker.visitor()
        draining = asyncio.create_task(worker.hub.drain(4))
        await asyncio.sleep(0.06)
        late = await worker.visitor()
        await settle()
        assert [one.frames[-1]["type"] for one in (first, late)] == ["goodbye", "goodbye"]
        assert (first.close_code, late.close_code) == (1012, 1012)
        for one in (first, late):
            one.transport.close()
        await draining

    run(story())


def test_a_deleted_channel_tells_its_readers_and_closes_for_good() -> None:
    async def story() -> None:
        log = MemoryLog()
        worker = Worker(log)
        reader, silent = await worker.visitor(), await worker.socket()
        log.gone = True
        await worker.look()
        assert reader.frames[-1] == {"type": "error", "code": "gone", "message": "This channel has been deleted."}
        assert (reader.close_code, silent.close_code) == (4403, 4403)
        assert await worker.hub.feeds.get(CHANNEL) is None

    run(story())


def test_a_feed_that_opens_while_the_heads_are_read_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        log = MemoryLog()
        worker = Worker(log)
        came: list[Visitor] = []

        async def heads_from_before() -> list[tuple[str, str, int]]:
            came.append(await worker.visitor())
            return []

        monkeypatch.setattr(log, "heads", heads_from_before)
        gone = await worker.visitor()
        old = worker.hub.feeds.open.pop(CHANNEL)
        worker.hub.feeds.open["gone"] = old
        await worker.look()
        assert (gone.close_code, came[0].close_code) == (4403, None)

    run(story())


def test_one_address_has_so_many_sockets_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        monkeypatch.setattr("hub.channels.registry.SOCKETS_PER_ADDRESS", 3)
        worker = Worker(MemoryLog())
        visitors: list[Visitor] = [await worker.visitor() for _ in range(3)]
        with pytest.raises(TooManyRequests):
            worker.hub.registry.check_room("127.0.0.1")
        worker.hub.registry.check_room("127.0.0.2")
        visitors[0].transport.close()
        worker.hub.registry.check_room("127.0.0.1")

    run(story())


def test_what_cannot_be_read_from_the_broker_is_passed_over() -> None:
    async def story() -> None:
        worker = Worker(MemoryLog())
        visitor = await worker.visitor()
        topics = (f"channel:{CHANNEL}", "presence", "sessions", "channel:nowhere", "")
        for topic in topics:
            for message in (b"", b"{", b"\xff\xfe", b"a\nb\nc\nd", b"[1]", b"[" * 5000):
                worker.hub.incoming.received(topic, message)
        await settle()
        assert visitor.kinds == ["welcome"]

    run(story())
