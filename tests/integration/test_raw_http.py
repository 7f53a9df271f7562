"""HTTP as no well-behaved client speaks it, to the hub and through nginx: refused with a reason, never by 500."""

import asyncio
import contextlib
import json
import socket
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any

import pytest

from tests.clients import Api
from tests.conftest import NewApi
from tests.services import HubProcess, NginxServer

LAST = b"Host: localhost\r\nConnection: close\r\n"
REFUSED: dict[str, tuple[bytes, set[int]]] = {
    "no request line": (b"garbage\r\n\r\n", {400}),
    "no method": (b" / HTTP/1.1\r\n" + LAST + b"\r\n", {400}),
    "a method of odd signs": (b"FOO!# / HTTP/1.1\r\n" + LAST + b"\r\n", {400, 405}),
    "another version": (b"GET / HTTP/9.9\r\n" + LAST + b"\r\n", {505}),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400, 505}),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 100, {400}),
    "no encoding after %": (b"GET /%zz HTTP/1.1\r\n" + LAST + b"\r\n", {400}),
    "half an encoding": (b"GET /api/channels/a% HTTP/1.1\r\n" + LAST + b"\r\n", {400}),
    "a NUL": (b"GET /a\x00b HTTP/1.1\r\n" + LAST + b"\r\n", {400}),
    "an encoded NUL": (b"GET /a%00b HTTP/1.1\r\n" + LAST + b"\r\n", {400, 404}),
    "bytes that are no text": (b"GET /\xff\xfe HTTP/1.1\r\n" + LAST + b"\r\n", {400, 404}),
    "a long path": (b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\n" + LAST + b"\r\n", {414}),
    "a long query": (b"GET /?" + b"a" * 9_000 + b" HTTP/1.1\r\n" + LAST + b"\r\n", {414}),
    "an endless address": (b"GET /" + b"a" * 500_000 + b" HTTP/1.1\r\n" + LAST + b"\r\n", {414}),
    "an endless header": (b"GET /healthz HTTP/1.1\r\n" + LAST + b"X: " + b"a" * 500_000 + b"\r\n\r\n", {431}),
    "endless headers": (b"GET /healthz HTTP/1.1\r\n" + LAST + b"X: a\r\n" * 20_000 + b"\r\n", {431}),
    "a header without a colon": (b"GET /healthz HTTP/1.1\r\n" + LAST + b"bad\r\n\r\n", {200, 400}),
    "a NUL in a header": (b"GET /healthz HTTP/1.1\r\n" + LAST + b"X: a\x00b\r\n\r\n", {400}),
    "a length that is no number": (b"POST /api/auth/login HTTP/1.1\r\n" + LAST + b"Content-Length: abc\r\n\r\n", {400}),
    "a negative length": (b"POST /api/auth/login HTTP/1.1\r\n" + LAST + b"Content-Length: -1\r\n\r\n", {400}),
    "two lengths": (
        b"POST /api/auth/login HTTP/1.1\r\n" + LAST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        {400},
    ),
    "an unknown coding": (b"POST /api/auth/login HTTP/1.1\r\n" + LAST + b"Transfer-Encoding: x\r\n\r\n", {501}),
    "a bad chunk": (
        b"POST /api/auth/login HTTP/1.1\r\n" + LAST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
        {400},
    ),
    "no Host": (b"GET /healthz HTTP/1.1\r\n\r\n", {400}),
    "two Hosts": (b"GET /healthz HTTP/1.1\r\n" + LAST + b"Host: b\r\n\r\n", {400}),
    "a Host of two words": (b"GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n", {400}),
    "a Host with a path": (b"GET / HTTP/1.1\r\nHost: a/b\r\nConnection: close\r\n\r\n", {400}),
    "half an IPv6 Host": (b"GET / HTTP/1.1\r\nHost: [::1\r\nConnection: close\r\n\r\n", {400}),
    "a port that is no number": (b"GET / HTTP/1.1\r\nHost: a:b\r\nConnection: close\r\n\r\n", {400}),
    "an address that cannot be read": (b"GET http://[/healthz HTTP/1.1\r\n" + LAST + b"\r\n", {400}),
    "a tunnel": (b"CONNECT a:443 HTTP/1.1\r\n" + LAST + b"\r\n", {400, 405}),
    "no path": (b"GET ?x HTTP/1.1\r\n" + LAST + b"\r\n", {400}),
    "a star": (b"GET * HTTP/1.1\r\n" + LAST + b"\r\n", {400}),
}


def talk(port: int, data: bytes, *, then_close: bool = False) -> bytes:
    """All that comes back until the connection ends."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as raw:
        raw.sendall(data)
        if then_close:
            raw.shutdown(socket.SHUT_WR)
        while piece := raw.recv(65_536):
            answer += piece
    return answer


def read(answer: bytes) -> tuple[int, dict[str, str], bytes]:
    """Status, headers by lower-case name, and body."""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return int(first.split(" ")[1]), headers, body


@pytest.mark.parametrize("name", REFUSED)
def test_the_hub_itself_refuses_with_a_reason(hub: HubProcess, name: str) -> None:
    data, statuses = REFUSED[name]
    status, headers, body = read(talk(hub.port, data))
    assert status in statuses
    if status != 200:
        assert headers["content-type"] == "application/problem+json"
        assert json.loads(body)["status"] == status


@pytest.fixture(scope="module")
def nginx(hub: HubProcess, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The shipped configuration, once for all of these."""
    server = NginxServer(tmp_path_factory.mktemp("nginx"), upstream_port=hub.port)
    server.start()
    yield server
    server.stop()


@pytest.mark.parametrize("name", REFUSED)
def test_nginx_refuses_with_a_reason(nginx: NginxServer, name: str) -> None:
    data, statuses = REFUSED[name]
    status, headers, body = read(talk(nginx.port, data))
    assert status in statuses
    if status != 200:
        assert headers["content-type"] == "application/problem+json"
        assert json.loads(body)["status"] == status


def test_whoever_speaks_http_1_0_is_served_through_nginx_too(nginx: NginxServer) -> None:
    assert read(talk(nginx.port, b"GET /healthz HTTP/1.0\r\n\r\n"))[0] == 200


@pytest.mark.parametrize("header", ["Sec-WebSocket-Version: 12\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", ""])
def test_a_handshake_that_is_none_is_refused_and_ends(hub: HubProcess, header: str) -> None:
    request = (
        f"GET /ws/channels/denali HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n{header}\r\n"
    )
    status, headers, _ = read(talk(hub.port, request.encode()))
    assert (status, headers["content-type"]) == (400, "application/problem+json")


@pytest.mark.parametrize("path", ["/healthz", "/api/channels", "/api/channels/denali/history", "/"])
def test_a_client_that_has_closed_its_sending_half_gets_its_answer(hub: HubProcess, path: str) -> None:
    request = f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    status, headers, body = read(talk(hub.port, request, then_close=True))
    assert status == 200
    assert len(body) == int(headers["content-length"])


def test_a_connection_whose_client_has_left_is_not_kept(hub: HubProcess) -> None:
    with contextlib.closing(HTTPConnection("127.0.0.1", hub.port, timeout=10)) as client:
        client.request("GET", "/healthz")
        assert client.getresponse().read()
        # By now it is idle: the whole answer has come.
        client.sock.shutdown(socket.SHUT_WR)
        assert client.sock.recv(1) == b""


def test_all_requests_before_the_half_close_are_answered(hub: HubProcess) -> None:
    one, other = (f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode() for path in ("/healthz", "/api/channels"))
    assert talk(hub.port, one + other + one, then_close=True).count(b"HTTP/1.1 200") == 3


async def test_a_post_before_the_half_close_is_made_and_answered(ada: Api, park: str, hub: HubProcess) -> None:
    body = json.dumps({"title": "Half closed", "comment": "Still here.", "content": {}})
    request = (
        f"POST /api/channels/{park}/posts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ada.token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    )
    status, _, answer = read(await asyncio.to_thread(talk, hub.port, request.encode(), then_close=True))
    assert status == 201
    assert json.loads(answer) == (await ada.history(park))["posts"]["items"][0]


@pytest.mark.parametrize(
    "data", [b"GET /api/chan", b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{}"]
)
def test_what_ends_in_the_middle_is_a_bad_request(hub: HubProcess, data: bytes) -> None:
    assert read(talk(hub.port, data, then_close=True))[0] == 400


async def test_nothing_is_said_about_the_body_of_an_answer_without_one(
    hub: HubProcess, ada: Api, moderator: Api, admin: Api, park: str, unique: Callable[[str], str], new_api: NewApi
) -> None:
    post, review = await ada.post(park), await ada.call("POST", f"/api/channels/{park}/reviews", json=REVIEW)
    other = await ada.post(park)
    await ada.call("PUT", f"/api/channels/{park}/location", json={"latitude": 1, "longitude": 2})
    entry = await ada.call("POST", "/api/analytics", json={"channel": park, "stars": 4})
    quiz = await ada.call("POST", "/api/quiz", json={"total_points": 20})
    conversation = await ada.call("POST", "/api/chat/conversations", json={})
    spare = unique("spare")
    await admin.call("POST", "/api/channels", json={"slug": spare, "name": "Spare", "group": "Tests"})
    leaving = new_api(hub.base_url)
    await leaving.register(unique("leaving"))
    etag = (await ada.request("GET", f"/api/channels/{park}/history")).headers["etag"]
    answers = [
        await ada.request("DELETE", f"/api/posts/{post['id']}"),
        await moderator.request("PUT", f"/api/posts/{other['id']}/hidden", json={"reason": "A test"}),
        await moderator.request("DELETE", f"/api/posts/{other['id']}/hidden"),
        await ada.request("DELETE", f"/api/reviews/{review['id']}"),
        await ada.request("DELETE", f"/api/channels/{park}/location"),
        await ada.request("DELETE", f"/api/analytics/{entry['id']}"),
        await ada.request("DELETE", f"/api/quiz/{quiz['id']}"),
        await ada.request("DELETE", f"/api/chat/conversations/{conversation['id']}"),
        await admin.request("DELETE", f"/api/channels/{spare}"),
        await leaving.request("POST", "/api/auth/logout-all"),
        await ada.request("GET", "/api/channels", headers={"If-None-Match": "*"}),
        await ada.request("GET", f"/api/channels/{park}/history", headers={"If-None-Match": etag}),
        await ada.request("OPTIONS", "/api/channels", headers={"Access-Control-Request-Method": "GET"}),
    ]
    without = [answer for answer in answers if answer.status_code in (204, 304)]
    assert len(without) >= 10, [answer.status_code for answer in answers]
    for answer in without:
        named = {"content-type", "content-length", "content-encoding", "transfer-encoding"} & set(answer.headers)
        assert not named, answer.request.url


REVIEW = {"title": "Fine", "comment": "Quiet.", "content": {}, "stars": 4, "visited_on": None}
