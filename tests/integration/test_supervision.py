"""Workers that hang, die or are too many: the parent replaces those, and only those, that have to be."""

import asyncio
import os
import resource
import signal
import socket
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import httpx
import pytest

from tests.clients import ChannelClient
from tests.conftest import NewApi, StartHub
from tests.services import HubProcess, RedisServer, child_pids, command_line, wait_until, worker_index

CHANNEL = "denali"


def answers(hub: HubProcess) -> bool:
    with httpx.Client(trust_env=False, timeout=2) as client:
        try:
            return client.get(f"{hub.base_url}/healthz").status_code == 200
        except httpx.HTTPError:
            return False


@contextmanager
def stopped(*pids: int) -> Iterator[None]:
    """Processes that stand still, as under a debugger or on a machine that swaps."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            if command_line(pid):
                os.kill(pid, signal.SIGCONT)


async def test_a_worker_that_stands_still_is_replaced_and_the_others_go_on(
    start_hub: StartHub, redis: RedisServer
) -> None:
    hub = start_hub(workers=2, redis=redis)
    hanging, living = hub.worker_pids
    with stopped(hanging):
        assert await asyncio.to_thread(wait_until, lambda: not command_line(hanging), 20), hub.log
        assert await asyncio.to_thread(wait_until, lambda: len(hub.worker_pids) == 2, 20)
    assert living in hub.worker_pids
    assert "no sign of life" in hub.log
    assert [worker_index(pid) for pid in hub.worker_pids].count(worker_index(living)) == 1


async def test_a_worker_that_stands_still_with_the_write_lock_does_not_keep_the_others_from_writing(
    start_hub: StartHub, redis: RedisServer, new_api: NewApi
) -> None:
    hub = start_hub(workers=2, redis=redis)
    ada = new_api(hub.base_url)
    await ada.register("ada")
    bodies = [{"title": f"Post {number}", "comment": "x", "content": {}} for number in range(400)]
    writing = [asyncio.create_task(ada.request("POST", f"/api/channels/{CHANNEL}/posts", json=body)) for body in bodies]
    await asyncio.sleep(0.1)
    hanging = hub.worker_pids[0]
    with stopped(hanging):
        assert await asyncio.to_thread(wait_until, lambda: not command_line(hanging), 20)
        await ada.post(CHANNEL, "After it was replaced")
    for task in writing:
        task.cancel()
    await asyncio.gather(*writing, return_exceptions=True)


def test_when_the_whole_machine_stands_still_nobody_is_killed(start_hub: StartHub, redis: RedisServer) -> None:
    hub = start_hub(workers=2, redis=redis)
    before = hub.worker_pids
    with stopped(hub.pid, *before):
        time.sleep(4)  # Longer than a worker may be silent: that is what this is about.
    for _ in range(4):
        assert answers(hub)
        time.sleep(0.3)
    assert hub.worker_pids == before
    assert "killed" not in hub.log


def test_a_parent_that_stood_still_kills_nobody(start_hub: StartHub) -> None:
    hub = start_hub()
    before = hub.worker_pids
    with stopped(hub.pid):
        time.sleep(4)
    for _ in range(4):
        assert answers(hub)
        time.sleep(0.3)
    assert hub.worker_pids == before


def test_a_database_that_another_program_holds_is_no_reason_to_replace_the_workers(start_hub: StartHub) -> None:
    hub = start_hub()
    before = hub.worker_pids
    with closing(sqlite3.connect(hub.database_path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        body = {"username": "ada", "password": "correct horse battery"}
        refused = httpx.post(f"{hub.base_url}/api/auth/register", json=body, trust_env=False, timeout=20)
        assert refused.status_code == 503
        other.execute("ROLLBACK")
    assert hub.worker_pids == before


def test_a_worker_that_hangs_does_not_hold_a_stop(start_hub: StartHub) -> None:
    hub = start_hub(settings={"HUB_DRAIN_SECONDS": "60"})
    with stopped(*hub.worker_pids):
        os.kill(hub.pid, signal.SIGTERM)
        assert wait_until(lambda: not hub.running, 30)


def test_a_roll_has_one_worker_too_many_at_most_and_refuses_nobody(start_hub: StartHub, redis: RedisServer) -> None:
    hub = start_hub(workers=2, redis=redis)
    before = set(hub.worker_pids)
    os.kill(hub.pid, signal.SIGHUP)
    most = 0

    def done() -> bool:
        nonlocal most
        most = max(most, len(child_pids(hub.pid)))
        assert httpx.get(f"{hub.base_url}/api/channels/{CHANNEL}", trust_env=False, timeout=10).status_code == 200
        return "all workers were restarted" in hub.log

    assert wait_until(done, 60)
    assert most == 3
    assert len(hub.worker_pids) == 2
    assert not before & set(hub.worker_pids)


async def test_a_roll_answers_those_who_keep_their_connections(start_hub: StartHub, redis: RedisServer) -> None:
    hub = start_hub(workers=2, redis=redis)
    answered = 0

    async def ask_again_and_again() -> None:
        nonlocal answered
        async with httpx.AsyncClient(base_url=hub.base_url, trust_env=False, timeout=20) as client:
            while "all workers were restarted" not in hub.log:
                assert (await client.get(f"/api/channels/{CHANNEL}")).status_code == 200
                answered += 1

    asking = [asyncio.create_task(ask_again_and_again()) for _ in range(6)]
    os.kill(hub.pid, signal.SIGHUP)
    async with asyncio.timeout(90):
        await asyncio.gather(*asking)
    assert answered > len(asking)


def test_a_worker_that_dies_in_a_roll_is_replaced_as_well(start_hub: StartHub, redis: RedisServer) -> None:
    hub = start_hub(workers=2, redis=redis)
    before = set(hub.worker_pids)
    os.kill(hub.pid, signal.SIGHUP)
    assert wait_until(lambda: len(hub.worker_pids) == 3, 20)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: "all workers were restarted" in hub.log, 60), hub.log
    assert wait_until(lambda: len(hub.worker_pids) == 2 and not before & set(hub.worker_pids), 20)
    assert {worker_index(pid) for pid in hub.worker_pids} == {0, 1}


class NarrowHub(HubProcess):
    """A hub that may open few files, and is not given more."""

    files = 150

    def command(self) -> Sequence[str]:
        return ["sh", "-c", f'ulimit -n {self.files} && exec "$@"', "sh", *super().command()]


@pytest.fixture
def narrow(start_hub: StartHub, tmp_path: Path) -> Iterator[NarrowHub]:
    whole = start_hub(start=False)
    hub = NarrowHub(tmp_path, database_url=whole.database_url)
    hub.start()
    yield hub
    hub.stop()


def connections_to(hub: HubProcess, count: int, stack: ExitStack) -> list[socket.socket]:
    made = []
    for _ in range(count):
        made.append(stack.enter_context(socket.create_connection(("127.0.0.1", hub.port), timeout=10)))
        made[-1].sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    return made


async def test_at_the_limit_of_open_files_those_who_are_there_are_served_and_the_others_hear_why(
    narrow: NarrowHub, new_api: NewApi
) -> None:
    ada = new_api(narrow.base_url)
    await ada.register("ada")
    async with ChannelClient(narrow.ws_url, CHANNEL) as client:
        with ExitStack() as stack:
            made = connections_to(narrow, narrow.files, stack)
            first = [one.recv(100).partition(b"\r\n")[0].strip() for one in made]
            assert first[0] == b"HTTP/1.1 200"
            assert first[-1] == b"HTTP/1.1 503 Service Unavailable"
            await ada.post(CHANNEL, "Still served")
            await client.wait_for(lambda: client.applied)
            metrics = (await ada.request("GET", "/metrics")).text
        assert 'hub_requests_refused_total{status="503"}' in metrics
        assert narrow.log.count("no room for another connection") == 1
        assert "LimitNOFILE" in narrow.log

    def lets_in() -> bool:
        return answers(narrow)

    assert await asyncio.to_thread(wait_until, lets_in, 10)


def test_when_nothing_can_be_opened_any_more_the_log_says_so(start_hub: StartHub) -> None:
    hub = start_hub()
    (worker,) = hub.worker_pids
    soft, hard = resource.prlimit(worker, resource.RLIMIT_NOFILE)
    resource.prlimit(worker, resource.RLIMIT_NOFILE, (8, hard))
    assert wait_until(lambda: "no file can be opened" in hub.log, 10)
    resource.prlimit(worker, resource.RLIMIT_NOFILE, (soft, hard))
    assert wait_until(lambda: answers(hub), 10)
    assert hub.worker_pids == [worker]
    assert hub.log.count("no file can be opened") == 1


def test_the_hub_takes_all_the_files_that_it_may_have(start_hub: StartHub) -> None:
    hub = start_hub()
    soft, hard = resource.prlimit(hub.worker_pids[0], resource.RLIMIT_NOFILE)
    assert soft == hard
