"""The `ws` of Node, an independent client, on the hub's feed: what RFC 6455 allows works, what it forbids closes."""

import asyncio
import json
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import playwright
import pytest

from tests.clients import Api
from tests.services import HubProcess, find_program

WS = Path(playwright.__file__).parent / "driver" / "package" / "lib" / "utilsBundle.js"
SCRIPT = Path(__file__).with_name("node_ws.cjs")


async def node_ws(url: str, scenario: str) -> dict[str, Any]:
    """What `node_ws.cjs` saw, with the `ws` that comes with Playwright."""
    command = (find_program("node"), str(SCRIPT), str(WS), url, scenario)
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE)
    out, err = await asyncio.wait_for(process.communicate(), 20)
    assert out, err.decode()
    seen: dict[str, Any] = json.loads(out)
    return seen


@pytest.mark.parametrize(
    ("scenario", "code"),
    [
        ("whole", 1000),
        ("talk_after_close", 1000),
        ("cut_in_the_middle_of_a_frame", 1006),
        ("too_big", 1009),
        ("too_big_in_fragments", 1009),
        ("not_utf8", 1007),
        ("binary", 4400),
        ("reserved_bit", 1002),
        ("reserved_opcode", 1002),
        ("not_masked", 1002),
        ("long_ping", 1002),
        ("fragmented_ping", 1002),
    ],
)
async def test_a_greeted_socket_ends_with_the_right_code(
    hub: HubProcess, ada: Api, park: str, scenario: str, code: int
) -> None:
    await ada.post(park)
    seen = await node_ws(f"{hub.ws_url}/ws/channels/{park}", scenario)
    assert (seen["frames"][0], seen["code"]) == ("welcome", code)


async def test_a_hello_in_fragments_with_pings_between_is_one_hello(hub: HubProcess, park: str) -> None:
    seen = await node_ws(f"{hub.ws_url}/ws/channels/{park}", "fragmented_with_pings_between")
    assert seen["frames"][0] == "welcome"
    assert seen["pongs"] == ["ping 1", "ping 11", "ping 21"]
    assert seen["code"] == 3001


@pytest.mark.parametrize(
    ("scenario", "code"), [("close_before_hello", 1001), ("close_in_the_middle_of_a_message", 1000)]
)
async def test_who_closes_before_the_hello_is_answered_with_the_same_code(
    hub: HubProcess, park: str, scenario: str, code: int
) -> None:
    seen = await node_ws(f"{hub.ws_url}/ws/channels/{park}", scenario)
    assert (seen["frames"], seen["code"]) == ([], code)
