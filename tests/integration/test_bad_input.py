"""Everything from outside is hostile: it gets a clear answer, and changes nothing."""

import asyncio
import contextlib
import json
import socket
import struct
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
import pytest_asyncio
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Frame, Opcode

from tests.clients import Api, ChannelClient
from tests.conftest import NewApi, StartHub
from tests.services import HubProcess, wait_until

POST = {"title": "Snow", "comment": "Fresh snow at the pass."}
HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{more}\r\n"
)
Unique = Callable[[str], str]


@pytest_asyncio.fixture
async def unchanged(ada: Api, park: str) -> AsyncIterator[str]:
    """A channel with a post that must be as it was after the test."""
    await ada.post(park)
    before = await ada.history(park)
    yield park
    assert await ada.history(park) == before


async def send(api: Api, method: str, path: str, content: bytes, **headers: str) -> httpx.Response:
    return await api.request(method, path, content=content, headers={"Content-Type": "application/json", **headers})


def check_problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The answer is a problem as RFC 9457 has it, with this status and no insides."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert {"type", "title", "status", "detail"} <= set(problem)
    assert problem["status"] == status
    assert "Traceback" not in answer.text
    assert "hub/" not in answer.text
    return problem


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"title=Snow&comment=x",
        b"<post/>",
        b'{"title": "Snow", "comment": "x"',
        b'{"title": "Snow", "comment": "x"}{}',
        b'{"title": "Snow", "comment": NaN}',
        b'{"title": "Snow", "comment": "x", "content": {"a": Infinity}}',
        b'{"title": "Snow", "comment": "\xff"}',
        b'{"title": "\\ud800", "comment": "x"}',
        b"\xff\xfe{\x00}\x00",
        b"\x1f\x8b\x08\x00",
        b'{"title": "x", "comment": "x", "content": {"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
    ],
)
async def test_a_body_that_cannot_be_read_is_a_bad_request(ada: Api, unchanged: str, body: bytes) -> None:
    check_problem(await send(ada, "POST", f"/api/channels/{unchanged}/posts", body), 400)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"[]", "body"),
        (b"null", "body"),
        (b'"x"', "body"),
        (b"{}", "title"),
        ({"title": 7}, "title"),
        ({"title": ""}, "title"),
        ({"title": "x" * 256}, "title"),
        ({"title": "\u200b"}, "title"),
        ({"title": "a\u0000b"}, "title"),
        ({"comment": "x" * 4001}, "comment"),
        ({"comment": ["x"]}, "comment"),
        ({"content": []}, "content"),
        ({"content": {"a": "x" * 8192}}, "content"),
        ({"content": {"a": json.loads("[" * 200 + "]" * 200)}}, "content"),
        ({"content": {"a": "❄" * 3000}}, "content"),
        ({"client_id": "not a uuid"}, "client_id"),
        ({"author": {"username": "ben"}}, "author"),
        ({"id": 1}, "id"),
        ({"seq": 1}, "seq"),
        ({"__proto__": {}}, "__proto__"),
    ],
)
async def test_what_is_wrong_in_a_body_is_named(ada: Api, unchanged: str, body: Any, field: str) -> None:
    content = body if isinstance(body, bytes) else json.dumps({**POST, **body}).encode()
    problem = check_problem(await send(ada, "POST", f"/api/channels/{unchanged}/posts", content), 422)
    assert [error["field"] for error in problem["errors"]] == [field]


async def test_the_same_holds_for_a_change(ada: Api, unchanged: str) -> None:
    post = (await ada.history(unchanged))["posts"]["items"][0]
    for body, status in ((b"{", 400), (b"{}", 422), (b'{"title":"x","comment":"y","client_id":null}', 422)):
        check_problem(await send(ada, "PUT", f"/api/posts/{post['id']}", body), status)


async def test_a_body_over_a_megabyte_is_too_large_with_and_without_its_length(ada: Api, unchanged: str) -> None:
    url = f"/api/channels/{unchanged}/posts"
    big = json.dumps({**POST, "content": {"a": "x" * 1_100_000}}).encode()
    check_problem(await send(ada, "POST", url, big), 413)

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(big), 65_536):
            yield big[start : start + 65_536]

    check_problem(await ada.request("POST", url, content=pieces()), 413)


async def test_whoever_sends_a_lot_in_vain_can_read_why(guest: Api, unchanged: str) -> None:
    for _ in range(10):
        check_problem(await send(guest, "POST", f"/api/channels/{unchanged}/posts", b"x" * 900_000), 401)
        check_problem(await send(guest, "POST", "/api/nothing", b"x" * 5_000_000), 404)
        check_problem(await send(guest, "POST", "/api/auth/login", b"x" * 5_000_000), 413)


@pytest.mark.parametrize("length", ["1000000000000", "99999999999999999999999"])
def test_a_body_that_only_claims_to_be_huge_is_refused_at_once(hub: HubProcess, length: str) -> None:
    head = f"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n"
    assert raw_answer(hub, head.encode())[0] in (400, 413)


@pytest.mark.parametrize(
    "head",
    [
        b"GET / WRONG/1.1\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /%ff%fe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /api/channels/%ff%fe/history HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /api/channels?limit=%ff&cursor=%00 HTTP/1.1\r\n\r\n",
        b"GET http://evil.example/nothing HTTP/1.1\r\nHost: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /api/channels HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"GET /api/channels HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
        b"GET /api/channels HTTP/1.1\r\nBad Header: x\r\n\r\n",
        b"GET /api/channels HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
        b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=lambda head: repr(head[:40]),
)
def test_what_is_no_http_is_refused(hub: HubProcess, head: bytes) -> None:
    status, _ = raw_answer(hub, head)
    assert status in (400, 404, 413, 414, 431, 501, 505)
    assert httpx.get(f"{hub.base_url}/healthz", trust_env=False).status_code == 200


def raw_answer(hub: HubProcess, data: bytes) -> tuple[int, bytes]:
    """The status (0 for a connection that just ended) and all of the answer to raw bytes."""
    with socket.create_connection(("127.0.0.1", hub.port), timeout=5) as raw:
        raw.sendall(data)
        answer = b""
        try:
            while piece := raw.recv(65_536):
                answer += piece
                if b"\r\n\r\n" in answer:
                    break
        except (ConnectionResetError, TimeoutError):
            pass
    return (int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/") else 0), answer


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/nothing", 404),
        ("GET", "/api/channels/UPPER/history", 404),
        ("GET", "/api/channels/%00/history", 404),
        ("GET", "/api/channels/..%2f..%2fetc/history", 404),
        ("GET", "/api/channels/" + "x" * 5000, 404),
        ("GET", "/api/channels/' OR 1=1 --/history", 404),
        ("PATCH", "/api/auth/me", 405),
        ("DELETE", "/api/channels", 405),
        ("BREW", "/api/channels", 405),
    ],
)
async def test_what_is_not_there_is_a_problem_too(ada: Api, method: str, path: str, status: int) -> None:
    answer = await ada.request(method, path)
    problem = check_problem(answer, status)
    assert len(problem["detail"]) < 300
    if status == 405:
        assert "GET" in answer.headers["allow"]


def refused_upgrade(answer: httpx.Response | Any, status: int) -> None:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert json.loads(answer.body)["status"] == status


async def upgrade_status(hub: HubProcess, path: str, **options: Any) -> Any:
    with pytest.raises(InvalidStatus) as caught:
        async with connect(f"{hub.ws_url}{path}", proxy=None, **options):
            pass
    return caught.value.response


@pytest.mark.parametrize("path", ["/ws/channels/\xff", "/ws/channels/%ff", "/ws/channels/denali?\xff", "/ws/é"])
def test_a_handshake_with_odd_bytes_does_no_harm(hub: HubProcess, path: str) -> None:
    head = HANDSHAKE.format(path=path, port=hub.port, more="Origin: \xff\r\nX-Forwarded-For: \xff\r\n")
    assert raw_answer(hub, head.encode("latin-1"))[0] in (400, 403, 404)


@pytest.mark.parametrize(
    "path",
    [
        "/ws/channels/no-such-park",
        "/ws/channels/",
        "/ws/channels/denali/more",
        "/ws/channels/DENALI",
        "/ws/channels/%00",
        "/ws/nothing",
        "/ws",
        "/api/channels",
    ],
)
async def test_a_websocket_to_nowhere_is_not_found_before_the_upgrade(hub: HubProcess, path: str) -> None:
    refused_upgrade(await upgrade_status(hub, path), 404)


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://127.0.0.1",
        "http://127.0.0.1:1",
        "https://127.0.0.1.evil.example",
        "file://",
        "http://[",
        "x",
    ],
)
async def test_a_page_of_a_foreign_origin_does_not_connect(hub: HubProcess, origin: str) -> None:
    refused_upgrade(await upgrade_status(hub, "/ws/channels/denali", origin=origin), 403)


async def test_pages_of_the_same_and_of_listed_origins_connect(start_hub: StartHub) -> None:
    hub = start_hub(settings={"HUB_ALLOWED_ORIGINS": "https://parks.example"})
    for origin in (None, hub.base_url, "https://parks.example", "https://PARKS.example"):
        async with ChannelClient(hub.ws_url, "denali", origin=origin) as client:
            assert client.welcome["channel"] == "denali"


@pytest.mark.parametrize(
    "more",
    ["Sec-WebSocket-Version: 8\r\n", "Upgrade: h2c\r\n", "Connection: close\r\n"],
)
def test_a_broken_handshake_is_no_websocket(hub: HubProcess, more: str) -> None:
    name = more.split(":")[0]
    lines = HANDSHAKE.format(path="/ws/channels/denali", port=hub.port, more="").split("\r\n")
    head = "\r\n".join([*(line for line in lines if line and not line.startswith(name)), more.strip(), "", ""])
    assert raw_answer(hub, head.encode())[0] not in (0, 101, 500)


async def test_compression_is_not_negotiated(hub: HubProcess) -> None:
    async with connect(f"{hub.ws_url}/ws/channels/denali", proxy=None, compression="deflate") as client:
        assert client.response is not None
        assert "sec-websocket-extensions" not in client.response.headers


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("not json", 4400),
        ("[]", 4400),
        ('{"type": "nothing"}', 4400),
        ('{"type": "ping", "more": 1}', 4400),
        (b"binary", 4400),
        (b"", 4400),
        ('{"type": "hello"}', 1008),
        ("[" * 16_000, 4400),
        ("x" * 16_385, 1009),
        ("x" * 1_000_000, 1009),
    ],
    ids=lambda value: str(value)[:20],
)
async def test_a_wrong_frame_closes_the_socket(hub: HubProcess, unchanged: str, frame: str | bytes, code: int) -> None:
    async with ChannelClient(hub.ws_url, unchanged) as client, ChannelClient(hub.ws_url, unchanged) as other:
        # The hub may close while the frame is still being sent.
        with contextlib.suppress(ConnectionClosed, OSError):
            await client.send(frame)
        assert await client.wait_closed(5) == code
        assert (await other.ask({"type": "ping"}))["type"] == "pong"


@pytest.mark.parametrize(
    "data",
    [
        bytes((0xC1, 0x80, 0, 0, 0, 0)),
        bytes((0x83, 0x80, 0, 0, 0, 0)),
        bytes((0x81, 0x00)),
        bytes((0x89, 0xFE, 0, 126, 0, 0, 0, 0)),
        bytes((0x80, 0x80, 0, 0, 0, 0)),
        bytes((0x88, 0x81, 0, 0, 0, 0, 3)),
    ],
    ids=["reserved bit", "opcode", "no mask", "long ping", "continuation", "half a close code"],
)
def test_a_broken_websocket_frame_closes_with_1002(hub: HubProcess, data: bytes) -> None:
    with open_raw(hub) as raw:
        raw.sendall(data)
        assert close_code_of(raw) == 1002


def open_raw(hub: HubProcess, more: str = "") -> socket.socket:
    raw = socket.create_connection(("127.0.0.1", hub.port), timeout=5)
    raw.sendall(HANDSHAKE.format(path="/ws/channels/denali", port=hub.port, more=more).encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += raw.recv(1)
    assert b" 101 " in answer
    return raw


def close_code_of(raw: socket.socket) -> int:
    """The code of the close frame that comes next."""
    data = b""
    while len(data) < 4 or len(data) < 2 + data[1]:
        data += raw.recv(65_536)
    assert data[0] & 0x0F == Opcode.CLOSE, data
    return int(struct.unpack("!H", data[2:4])[0])


def test_a_message_over_the_limit_ends_the_connection_within_two_seconds(hub: HubProcess) -> None:
    with open_raw(hub) as raw:
        raw.sendall(struct.pack("!BBQ", 0x81, 0xFF, 2**40) + b"\0\0\0\0")
        began = time.monotonic()
        assert close_code_of(raw) == 1009
        while raw.recv(65_536):
            pass
        assert time.monotonic() - began < 3.5


def test_who_does_not_wait_for_the_handshakes_answer_is_welcomed_or_refused_and_not_both(start_hub: StartHub) -> None:
    hub = start_hub()
    hello = Frame(Opcode.TEXT, b'{"type":"hello"}').serialize(mask=True, extensions=[])
    parks = ("denali", "zion", "olympic", "acadia")
    for number, pause in enumerate((None, 0.0, 0.0005, 0.001, 0.002, 0.005) * 4):
        head = HANDSHAKE.format(path=f"/ws/channels/{parks[number % 4]}", port=hub.port, more="").encode()
        with socket.create_connection(("127.0.0.1", hub.port), timeout=5) as raw:
            raw.sendall(head if pause is not None else head + hello)
            if pause is not None:
                time.sleep(pause)
                raw.sendall(hello)
            answer = b""
            while b'"welcome"' not in answer and (piece := raw.recv(65_536)):
                answer += piece
        assert (b" 101 " in answer and b'"welcome"' in answer) is not answer.startswith(b"HTTP/1.1 400")
    assert wait_until(lambda: sockets_of(hub) == 0, 5)


async def test_who_says_no_hello_is_closed_after_ten_seconds(hub: HubProcess) -> None:
    client = ChannelClient(hub.ws_url, "denali")
    await client.open()
    assert await client.wait_closed(12) == 4408


def test_a_visitor_who_leaves_during_the_handshake_leaves_nothing_behind(start_hub: StartHub) -> None:
    hub = start_hub()
    head = HANDSHAKE.format(path="/ws/channels/denali", port=hub.port, more="").encode()

    for number in range(200):
        raw = socket.create_connection(("127.0.0.1", hub.port))
        path = f"/ws/channels/{('denali', 'olympic', 'zion', 'acadia')[number % 4]}"
        raw.sendall(head.replace(b"/ws/channels/denali", path.encode())[: None if number % 3 else -5])
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", number % 2, 0))
        raw.close()
    assert wait_until(lambda: sockets_of(hub) == 0, 5)


def sockets_of(hub: HubProcess) -> int:
    count: int = httpx.get(f"{hub.base_url}/readyz", trust_env=False).json()["sockets"]
    return count


async def test_ten_thousand_frames_a_second_are_too_many(start_hub: StartHub) -> None:
    hub = start_hub(settings={"HUB_LIMITS": "on"})
    frames = Frame(Opcode.TEXT, b'{"type":"ping"}').serialize(mask=True, extensions=[]) * 10_000
    async with ChannelClient(hub.ws_url, "denali") as flood, ChannelClient(hub.ws_url, "denali") as other:
        flood.socket.transport.write(frames)
        assert await flood.wait_closed(5) == 4429
        assert (await other.ask({"type": "ping"}))["type"] == "pong"


async def test_one_address_has_200_sockets_and_the_next_one_is_told_so(start_hub: StartHub) -> None:
    hub = start_hub(settings={"HUB_LIMITS": "on"})
    clients = [ChannelClient(hub.ws_url, "denali") for _ in range(200)]
    for start in range(0, 200, 50):
        await asyncio.gather(*(client.connect() for client in clients[start : start + 50]))
    response = await upgrade_status(hub, "/ws/channels/denali")
    refused_upgrade(response, 429)
    assert int(response.headers["retry-after"]) > 0
    await clients.pop().close()
    async with ChannelClient(hub.ws_url, "denali"):
        pass
    await asyncio.gather(*(client.drop() for client in clients))


async def register_from(api: Api, forwarded: list[str], number: int) -> int:
    body = {"username": f"from-{number}", "password": "correct horse battery"}
    headers = [("X-Forwarded-For", address) for address in forwarded]
    return (await api.http.post("/api/auth/register", json=body, headers=headers)).status_code


@pytest.mark.parametrize(
    ("trusted", "forwarded", "limited"),
    [
        ("", ["10.0.0.{n}"], True),
        ("127.0.0.1", ["10.0.0.{n}"], False),
        ("127.0.0.1", ["10.0.0.{n}, 192.0.2.1"], True),
        ("127.0.0.1", ["10.0.0.{n}", "192.0.2.1"], True),
        ("127.0.0.1,192.0.2.0/24", ["10.0.0.{n}, 192.0.2.1"], False),
    ],
    ids=["forged", "by a proxy", "forged before a proxy", "forged in a header of its own", "by two proxies"],
)
async def test_a_forwarded_address_is_believed_from_trusted_proxies_only(
    start_hub: StartHub, new_api: NewApi, trusted: str, forwarded: list[str], limited: bool
) -> None:
    hub = start_hub(settings={"HUB_LIMITS": "on", "HUB_TRUSTED_PROXIES": trusted})
    api = new_api(hub.base_url)
    answers = [await register_from(api, [one.format(n=n) for one in forwarded], n) for n in range(12)]
    assert (429 in answers) is limited


async def test_hostile_headers_do_no_harm(ada: Api, unchanged: str) -> None:
    url = f"/api/channels/{unchanged}/history"
    for headers in (
        {"X-Request-ID": "a\tb injected=1"},
        {"Host": "evil.example"},
        {"Accept": "text/html;q=x,,;"},
        {"Cookie": "hub_refresh=; hub_refresh=x; =; a"},
        {"If-None-Match": '"' * 1000},
        {"Origin": "x" * 5000},
        {"Range": "bytes=9-1"},
        {"X-Forwarded-For": "x," * 1000},
        {"X-HTTP-Method-Override": "DELETE"},
        {"Content-Encoding": "gzip"},
        {"Expect": "100-continue"},
    ):
        assert (await ada.request("GET", url, headers=headers)).status_code == 200, headers


async def test_no_error_of_ours_came_of_all_this(hub: HubProcess) -> None:
    assert "Traceback" not in hub.log
