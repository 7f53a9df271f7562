"""Handshakes of one address, as a client without manners meets their limit."""

import httpx

from hub.channels.registry import HANDSHAKES
from tests.clients import ChannelClient
from tests.conftest import StartHub

UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


async def test_too_many_handshakes_are_refused_before_the_upgrade_and_say_when_to_come_back(
    start_hub: StartHub,
) -> None:
    hub = start_hub(settings={"HUB_LIMITS": "on"})
    async with ChannelClient(hub.ws_url, "denali") as before:
        async with httpx.AsyncClient(base_url=hub.base_url, trust_env=False) as client:
            answers = [
                await client.get("/ws/channels/nowhere", headers=UPGRADE) for _ in range(int(HANDSHAKES.burst) * 2)
            ]
        assert answers[0].status_code == 404
        refused = [answer for answer in answers if answer.status_code == 429]
        assert refused
        assert {answer.status_code for answer in answers} == {404, 429}
        for answer in refused:
            assert answer.headers["content-type"] == "application/problem+json"
            assert int(answer.headers["retry-after"]) >= 1
        assert (await before.ask({"type": "ping"}))["type"] == "pong"
