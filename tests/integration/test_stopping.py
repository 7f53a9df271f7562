"""A stop: requests under way finish, those that never end do not hold it, and the database is closed before the end."""

import contextlib
import json
import os
import signal
import socket
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.clients import PASSWORD
from tests.conftest import StartHub
from tests.services import HubProcess, wait_until

DRAIN_SECONDS = 2
KILLED = "did not end in time"
DRAINING = {"HUB_DRAIN_SECONDS": str(DRAIN_SECONDS)}
HEAD = b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n"
Behave = Callable[[socket.socket], None]


def half_a_head(raw: socket.socket) -> None:
    raw.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: ")


def half_a_body(raw: socket.socket) -> None:
    raw.sendall(HEAD + b'{"username')


def drop_by_drop(raw: socket.socket) -> None:
    """A body that never stops, and never ends before the test does."""
    raw.sendall(HEAD)

    def drip() -> None:
        with contextlib.suppress(OSError):
            for _ in range(600):
                raw.sendall(b" ")
                time.sleep(0.1)

    threading.Thread(target=drip, daemon=True).start()


def reads_nothing(raw: socket.socket) -> None:
    """Asks for more than the kernel keeps, and does not take it."""
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    with contextlib.suppress(OSError):
        raw.settimeout(1)
        raw.sendall(b"GET /api/channels HTTP/1.1\r\nHost: x\r\n\r\n" * 100)


def idle(raw: socket.socket) -> None:
    raw.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert raw.recv(1_000).startswith(b"HTTP/1.1 200")


def is_closed(hub: HubProcess) -> bool:
    """Whether the last connection to the database was closed: SQLite takes the write-ahead log away then."""
    return not Path(f"{hub.database_path}-wal").exists()


@pytest.fixture
def stop(start_hub: StartHub) -> HubProcess:
    return start_hub(settings=DRAINING)


@pytest.mark.parametrize("behave", [half_a_head, half_a_body, drop_by_drop, reads_nothing, idle])
def test_a_request_that_never_ends_does_not_hold_a_stop(stop: HubProcess, behave: Behave) -> None:
    with socket.create_connection(("127.0.0.1", stop.port), timeout=10) as raw:
        behave(raw)
        time.sleep(0.2)  # So that the hub has begun to wait for the rest.
        assert stop.stop() == 0
    assert KILLED not in stop.log
    assert is_closed(stop)


def test_a_database_that_hangs_does_not_hold_a_stop(stop: HubProcess) -> None:
    with closing(sqlite3.connect(stop.database_path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        body = json.dumps({"username": "ada", "password": PASSWORD}).encode()
        head = "POST /api/auth/register HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        with socket.create_connection(("127.0.0.1", stop.port), timeout=20) as raw:
            raw.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            time.sleep(0.5)
            os.kill(stop.pid, signal.SIGTERM)
            assert wait_until(lambda: not stop.running, 20)
        other.execute("ROLLBACK")
    assert KILLED not in stop.log


def test_a_request_under_way_is_finished(start_hub: StartHub) -> None:
    hub = start_hub()
    body = json.dumps({"username": "ada", "password": PASSWORD}).encode()
    with socket.create_connection(("127.0.0.1", hub.port), timeout=20) as raw:
        head = "POST /api/auth/register HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        raw.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body[:5])
        time.sleep(0.2)
        os.kill(hub.pid, signal.SIGTERM)
        time.sleep(0.3)
        raw.sendall(body[5:])
        answer = raw.recv(65_536)
        assert answer.startswith(b"HTTP/1.1 201 ")
        assert b"\r\nconnection: close\r\n" in answer.lower()
    assert wait_until(lambda: not hub.running, 20)
    assert is_closed(hub)


def test_the_next_hub_takes_the_address_while_the_last_one_still_finishes(start_hub: StartHub) -> None:
    last = start_hub(settings={"HUB_DRAIN_SECONDS": "30"})
    successor = start_hub(database_url=last.database_url, start=False)
    successor.port = last.port
    with socket.create_connection(("127.0.0.1", last.port), timeout=10) as raw:
        drop_by_drop(raw)
        time.sleep(0.2)
        os.kill(last.pid, signal.SIGTERM)

        def refused() -> bool:
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", last.port)) != 0

        assert wait_until(refused, 10)
        successor.start()
        assert httpx.get(f"{successor.base_url}/readyz", trust_env=False).status_code == 200
        assert last.running
