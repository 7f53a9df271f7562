"""What one member and one address may open, and what a bad token costs, each refused with an answer that says why."""

import pytest

from hub.channels import registry
from hub.errors import TooManyRequests
from tests.indoors import MemoryLog, Visitor, Worker, run


def test_a_member_has_a_limit_of_sockets_over_all_addresses_and_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        monkeypatch.setattr(registry, "SOCKETS_PER_MEMBER", 3)
        worker = Worker(MemoryLog())
        ada, ben = worker.person("ada"), worker.person("ben")
        three = [await worker.visitor(token=ada) for _ in range(3)]
        fourth = await worker.visitor(token=ada)
        assert (fourth.close_code, fourth.kinds) == (4429, [])
        assert (await worker.visitor(token=ben)).kinds[0] == "welcome"
        fourth.transport.close()
        assert (await worker.visitor(token=ada)).close_code == 4429
        three[0].transport.close()
        assert (await worker.visitor(token=ada)).kinds[0] == "welcome"

    run(story())


def test_a_fresh_token_on_a_living_socket_is_no_other_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        monkeypatch.setattr(registry, "SOCKETS_PER_MEMBER", 1)
        worker = Worker(MemoryLog())
        token = worker.person("ada")
        ada = await worker.visitor(token=token)
        for _ in range(3):
            ada.send({"type": "auth", "token": token, "id": 1})
        assert [frame["type"] for frame in ada.frames].count("ack") == 3
        ada.transport.close()
        assert (await worker.visitor(token=token)).kinds[0] == "welcome"
        assert len(worker.hub.registry._by_member) == 1

    run(story())


@pytest.mark.parametrize("on_a_living_socket", [False, True])
def test_bad_tokens_are_limited_and_good_ones_of_the_same_address_are_not(on_a_living_socket: bool) -> None:
    async def story() -> None:
        worker = Worker(MemoryLog())

        async def try_one() -> Visitor:
            if not on_a_living_socket:
                return await worker.visitor(token="bad")
            visitor = await worker.visitor(token=worker.person("ada"))
            visitor.send({"type": "auth", "token": "bad"})
            return visitor

        codes = []
        for _ in range(int(registry.BAD_TOKENS.burst) + 5):
            visitor = await try_one()
            codes.append(visitor.close_code)
            visitor.transport.close()
        assert codes == [4401] * int(registry.BAD_TOKENS.burst) + [4429] * 5
        assert (await worker.visitor(token=worker.person("ben"))).kinds[0] == "welcome"
        await worker.seconds(10)
        assert (await try_one()).close_code == 4401

    run(story())


def test_those_who_are_let_in_at_the_same_moment_are_counted_too(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        monkeypatch.setattr(registry, "SOCKETS_PER_ADDRESS", 2)
        worker = Worker(MemoryLog())
        for _ in range(3):
            worker.hub.registry.check_room("127.0.0.1")
        for _ in range(2):
            await worker.visitor()
        with pytest.raises(TooManyRequests):
            await worker.socket()
        assert len(worker.hub.registry.sockets) == 2
        assert worker.hub.feeds.open["denali"].attached == 2

    run(story())


def test_handshakes_of_an_address_are_limited_with_its_subnet() -> None:
    async def story() -> None:
        sockets = Worker(MemoryLog()).hub.registry
        for number in range(int(registry.HANDSHAKES.burst)):
            sockets.count_handshake(f"2001:db8::{number:x}")
        with pytest.raises(TooManyRequests) as refused:
            sockets.count_handshake("2001:db8::ffff")
        assert refused.value.retry_after
        sockets.count_handshake("2001:db8:0:1::1")

    run(story())
