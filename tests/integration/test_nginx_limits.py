"""nginx with the shipped configuration: nobody can keep the others out, and nobody writes its log for it."""

import contextlib
import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.services import HubProcess, NginxServer, wait_until

ROOM = 1_400
# Whoever asks says who they are, as behind another proxy.
NAMED = {"    server_tokens off;": "    server_tokens off; set_real_ip_from 127.0.0.1; real_ip_header X-Visitor;"}
LINE = b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"


@pytest.fixture
def small(hub: HubProcess, tmp_path: Path) -> Iterator[NginxServer]:
    """One process with room for few."""
    changes = {"worker_connections 16384": f"worker_connections {ROOM}", "worker_processes auto": "worker_processes 1"}
    server = NginxServer(tmp_path, upstream_port=hub.port, changes=changes)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def named(hub: HubProcess, tmp_path: Path) -> Iterator[NginxServer]:
    """An nginx that believes its visitors who they are."""
    server = NginxServer(tmp_path, upstream_port=hub.port, changes=NAMED)
    server.start()
    yield server
    server.stop()


def connection_from(address: str, port: int) -> socket.socket:
    made = socket.socket()
    made.settimeout(5)
    made.bind((address, 0))
    made.connect(("127.0.0.1", port))
    return made


def status_for(address: str, server: NginxServer) -> int:
    with httpx.Client(transport=httpx.HTTPTransport(local_address=address), timeout=5) as visitor:
        return visitor.get(f"{server.base_url}/healthz").status_code


def test_one_address_with_slow_bodies_does_not_keep_another_out(small: NginxServer) -> None:
    with ExitStack() as stack:
        slow = []
        for _ in range(ROOM - 50):
            connection = stack.enter_context(contextlib.closing(connection_from("127.0.0.1", small.port)))
            connection.sendall(LINE)
            slow.append(connection)
        refused = slow[-1].recv(65_536)
        assert refused.startswith(b"HTTP/1.1 429 ")
        assert b"Retry-After: 5\r\n" in refused
        assert b"application/problem+json" in refused
        assert json.loads(refused.partition(b"\r\n\r\n")[2])["status"] == 429
        assert status_for("127.0.0.2", small) == 200
        # Those that were let in are not thrown out by those that were not.
        slow[0].setblocking(False)
        with pytest.raises(BlockingIOError):
            slow[0].recv(1)
    assert "limiting" not in (small.folder / "error.log").read_text()


def attempts(server: NginxServer, visitors: list[str]) -> list[int]:
    """What one request to log in by each of them is answered."""
    with httpx.Client(base_url=server.base_url, trust_env=False) as client:
        return [client.post("/api/auth/refresh", headers={"X-Visitor": who}).status_code for who in visitors]


def test_an_ipv6_subnet_is_limited_as_one_visitor(named: NginxServer) -> None:
    assert 429 in attempts(named, [f"2001:db8:0:1::{number:x}" for number in range(1, 90)])
    assert attempts(named, ["2001:db8:0:2::1", "2001:db8:1:1::1"]) == [401, 401]


def test_ipv4_addresses_are_limited_one_by_one_however_they_are_written(named: NginxServer) -> None:
    assert 429 not in attempts(named, [f"10.1.1.{number}" for number in range(1, 90)])
    assert 429 not in attempts(named, [f"::ffff:10.1.2.{number}" for number in range(1, 90)])
    assert 429 in attempts(named, ["10.9.9.9", "::ffff:10.9.9.9"] * 45)


def test_logging_in_is_slower_than_reading(named: NginxServer) -> None:
    with httpx.Client(base_url=named.base_url, trust_env=False, headers={"X-Visitor": "10.3.3.3"}) as client:
        assert {client.get("/api/channels/denali").status_code for _ in range(90)} == {200}


@pytest.mark.parametrize(
    "target",
    [
        b"/\xe2\x80\xa8forged",
        b"/%0a%0dforged",
        b"/\xc2\x85forged",
        b'/","status":200,"x":"',
        b"/" + b"a" * 7_000,
        b"/\x1b[2Jforged",
        b"/\xff\xfe",
    ],
    ids=lambda target: repr(target[:20]),
)
def test_a_path_makes_one_line_of_the_access_log_and_not_a_long_one(named: NginxServer, target: bytes) -> None:
    with connection_from("127.0.0.1", named.port) as raw:
        raw.sendall(b"GET " + target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        while raw.recv(65_536):
            pass
    log = named.folder / "access.log"
    assert wait_until(lambda: log.exists() and log.read_bytes().endswith(b"\n"), 5)
    (line,) = log.read_text(encoding="ascii").splitlines()
    assert json.loads(line)["status"] in (400, 404)
    assert len(line) < 1_000


def test_a_method_makes_no_long_line(named: NginxServer) -> None:
    with connection_from("127.0.0.1", named.port) as raw:
        raw.sendall(b"A" * 5_000 + b" / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        while raw.recv(65_536):
            pass
    log = named.folder / "access.log"
    assert wait_until(lambda: log.exists() and log.read_bytes().endswith(b"\n"), 5)
    assert len(log.read_text()) < 1_000
