"""Who keeps a worker waiting is let go: after half a minute, and in a drain after two seconds."""

import asyncio

from hub.connections import SECONDS, STALLED_SECONDS, Connections, Debt


class Client:
    """A connection whose client does what the test says."""

    def __init__(self) -> None:
        self.owes: Debt | None = None
        self.request = 0
        self.progress = (0, 0)
        self.timed_out = 0
        self.gone = asyncio.Event()

    def debt(self) -> Debt | None:
        return self.owes

    async def time_out(self) -> None:
        self.timed_out += 1
        self.gone.set()

    def abort(self) -> None:
        self.gone.set()


class Worker:
    """Connections on a clock that goes when the test says."""

    def __init__(self) -> None:
        self.now = 0.0
        self.connections = Connections(lambda: self.now)
        self.tasks: list[asyncio.Task[None]] = []

    async def serve(self) -> Client:
        client = Client()

        async def hold() -> None:
            with self.connections.holding(client):
                await client.gone.wait()

        self.tasks.append(asyncio.create_task(hold()))
        await asyncio.sleep(0)
        return client

    async def pass_seconds(self, seconds: int) -> None:
        for _ in range(seconds):
            self.now += 1
            self.connections.look()
            await asyncio.sleep(0)


async def test_a_body_that_does_not_become_whole_ends_although_some_of_it_comes_each_second() -> None:
    worker = Worker()
    client = await worker.serve()
    client.owes = Debt.BODY
    for second in range(int(SECONDS[Debt.BODY])):
        client.progress = (second, 0)
        await worker.pass_seconds(1)
    assert client.timed_out == 0
    await worker.pass_seconds(2)
    assert client.timed_out == 1


async def test_each_request_of_a_connection_has_its_own_time() -> None:
    worker = Worker()
    client = await worker.serve()
    for number in range(5):
        client.owes, client.request = Debt.HEAD, number
        await worker.pass_seconds(20)
        client.owes = Debt.BODY
        await worker.pass_seconds(20)
    assert client.timed_out == 0


async def test_a_client_that_owes_nothing_is_left_alone() -> None:
    worker = Worker()
    client = await worker.serve()
    await worker.pass_seconds(1000)
    assert client.timed_out == 0


async def test_at_the_end_of_the_drain_whatever_is_left_is_ended() -> None:
    worker = Worker()
    client = await worker.serve()

    class Stuck(Client):
        def abort(self) -> None:
            return

    stuck = Stuck()

    async def hang() -> None:
        with worker.connections.holding(stuck):
            await asyncio.Event().wait()

    hanging = asyncio.create_task(hang())
    await asyncio.sleep(0)
    await worker.connections.end(worker.now)
    assert client.gone.is_set()
    assert hanging.cancelled()


async def test_a_drain_does_not_wait_for_a_client_that_has_stopped_sending() -> None:
    worker = Worker()
    stalled, working = await worker.serve(), await worker.serve()
    stalled.owes = Debt.BODY
    ending = asyncio.create_task(worker.connections.end(1000))
    while not stalled.gone.is_set():
        await asyncio.sleep(0.01)
        worker.now += STALLED_SECONDS / 4
    assert not working.gone.is_set()
    working.gone.set()
    await ending
    assert worker.now < 1000
