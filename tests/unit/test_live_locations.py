"""Live locations on one worker: conflated, expiring, right again after what was lost."""

import asyncio
from typing import Any

import msgspec
import pytest

from hub.channels.locations import LiveLocations
from hub.errors import InvalidInput, TooManyRequests
from hub.events import Envelope
from hub.locations import LocationInput, location_of
from hub.tokens import Identity
from tests.indoors import NEVER_ENDS, MemoryLocations, run, settle

ADA = Identity(1, "ada", "Ada", "visitor", "s-ada", NEVER_ENDS)
BEN = Identity(2, "ben", "Ben", "visitor", "s-ben", NEVER_ENDS)
PARK = "denali"


class Worker:
    """Live locations with what they told everyone, and showed here only."""

    def __init__(self, store: MemoryLocations) -> None:
        self.store = store
        self.told: list[Envelope] = []
        self.shown: list[Envelope] = []
        store.names.update({1: "ada", 2: "ben"})
        clock = asyncio.get_running_loop().time
        self.live = LiveLocations(store, self.told.append, self.shown.append, clock, store.now)

    def data(self, events: list[Envelope]) -> list[Any]:
        """What the events say."""
        return [msgspec.json.decode(event.text)["data"] for event in events]


def at(latitude: float, **more: Any) -> LocationInput:
    """A position on one meridian."""
    return LocationInput(latitude, -150.0, **{"precision": "exact", **more})


def test_a_burst_of_positions_costs_the_others_one_a_second_the_newest() -> None:
    async def work() -> None:
        worker = Worker(MemoryLocations())
        for second in range(3):
            for step in range(100):
                worker.live.offer(PARK, ADA, at(second + step / 100))
                await asyncio.sleep(0.01)
            worker.live.tick()
        await settle()
        await worker.live.close()
        latitudes = [data["latitude"] for data in worker.data(worker.told)]
        assert len(latitudes) <= 4
        assert latitudes[0] == 0.0
        assert latitudes[-1] == 2.99
        assert worker.store.writes <= 4

    run(work())


def test_the_last_position_of_a_burst_always_arrives() -> None:
    async def work() -> None:
        worker = Worker(MemoryLocations())
        for latitude in (1.0, 2.0, 3.0):
            worker.live.offer(PARK, ADA, at(latitude))
        await settle()
        await asyncio.sleep(1)
        worker.live.tick()
        await settle()
        assert [data["latitude"] for data in worker.data(worker.told)] == [1.0, 3.0]

    run(work())


def test_what_rest_stores_at_once_is_told_once_a_second_too() -> None:
    async def work() -> None:
        worker = Worker(MemoryLocations())
        for latitude in (1.0, 2.0, 3.0):
            location = await worker.live.put(PARK, ADA, at(latitude))
            assert location.latitude == latitude
        assert [data["latitude"] for data in worker.data(worker.told)] == [1.0]
        await asyncio.sleep(1)
        worker.live.tick()
        assert [data["latitude"] for data in worker.data(worker.told)] == [1.0, 3.0]

    run(work())


def test_members_do_not_wait_for_each_other_and_a_members_channels_do() -> None:
    async def work() -> None:
        worker = Worker(MemoryLocations())
        worker.live.offer(PARK, ADA, at(1.0))
        worker.live.offer(PARK, BEN, at(2.0))
        worker.live.offer("zion", ADA, at(3.0))
        await settle()
        assert sorted(data["latitude"] for data in worker.data(worker.told)) == [1.0, 2.0]
        await asyncio.sleep(1)
        worker.live.tick()
        await settle()
        assert sorted(data["latitude"] for data in worker.data(worker.told)) == [1.0, 2.0, 3.0]

    run(work())


def test_a_location_ends_by_itself_and_is_erased() -> None:
    async def work() -> None:
        worker = Worker(MemoryLocations())
        await worker.live.put(PARK, ADA, at(1.0, expires_in=900))
        worker.store.moment = 899
        worker.live.tick()
        assert len(worker.live.of(PARK)) == 1
        worker.store.moment = 900
        assert worker.live.of(PARK) == []
        worker.live.tick()
        await settle()
        assert worker.data(worker.shown) == [{"username": "ada"}]
        assert worker.store.kept == {}

    run(work())


def test_moving_does_not_put_off_the_end() -> None:
    async def work() -> None:
        worker = Worker(MemoryLocations())
        worker.live.offer(PARK, ADA, at(1.0))
        worker.live.offer(PARK, ADA, at(2.0, expires_in=900))
        worker.live.offer(PARK, ADA, at(3.0))
        await asyncio.sleep(1)
        worker.live.tick()
        await settle()
        [location] = worker.live.of(PARK)
        assert location.expires_at == "2026-01-01T00:15:00.000000Z"
        worker.store.moment = 600
        worker.live.offer(PARK, ADA, at(4.0))
        await asyncio.sleep(1)
        worker.live.tick()
        await settle()
        [moved] = worker.live.of(PARK)
        assert (moved.latitude, moved.expires_at) == (4.0, location.expires_at)

    run(work())


def test_who_stops_is_gone_also_with_a_position_under_way() -> None:
    async def work() -> None:
        worker = Worker(MemoryLocations())
        worker.live.offer(PARK, ADA, at(1.0))
        worker.live.offer(PARK, ADA, at(2.0))
        await worker.live.clear(PARK, ADA)
        await asyncio.sleep(1)
        worker.live.tick()
        await settle()
        assert worker.live.of(PARK) == []
        assert worker.store.kept == {}
        assert worker.data(worker.told)[-1] == {"username": "ada"}

    run(work())


def test_what_the_broker_lost_is_found_in_the_store() -> None:
    async def work() -> None:
        store = MemoryLocations()
        here, there = Worker(store), Worker(store)
        await here.live.put(PARK, ADA, at(1.0))
        await there.live.refresh()
        assert [location.latitude for location in there.live.of(PARK)] == [1.0]
        assert [data["latitude"] for data in there.data(there.shown)] == [1.0]
        await asyncio.sleep(1)
        await here.live.clear(PARK, ADA)
        await there.live.refresh()
        assert there.live.of(PARK) == []
        assert there.data(there.shown)[-1] == {"username": "ada"}

    run(work())


def test_a_late_or_doubled_message_changes_nothing() -> None:
    async def work() -> None:
        store = MemoryLocations()
        here, there = Worker(store), Worker(store)
        await here.live.put(PARK, ADA, at(1.0))
        await asyncio.sleep(1)
        await here.live.put(PARK, ADA, at(2.0))
        older, newer = here.told
        for event in (newer, older, newer):
            there.live.heard(event)
        assert [data["latitude"] for data in there.data(there.shown)] == [2.0]

    run(work())


def test_who_stops_and_shares_nothing_costs_no_write_and_no_event() -> None:
    async def work() -> None:
        worker = Worker(MemoryLocations())
        assert not await worker.live.clear(PARK, ADA)
        assert worker.told == worker.shown == []

    run(work())


def test_a_member_sets_and_clears_once_a_second_over_all_channels() -> None:
    async def work() -> None:
        worker = Worker(MemoryLocations())
        refused: list[float] = []
        began = asyncio.get_running_loop().time()
        for turn in range(100):
            for change in (
                worker.live.put(f"park{turn % 7}", ADA, at(turn)),
                worker.live.clear(f"park{turn % 7}", ADA),
            ):
                try:
                    await change
                except TooManyRequests as error:
                    refused.append(error.retry_after or 0)
            await asyncio.sleep(0.1)
            worker.live.tick()
        seconds = asyncio.get_running_loop().time() - began
        assert worker.store.writes <= 5 + seconds
        assert len(worker.told) <= 2 * (5 + seconds)
        assert len(refused) > 100
        assert all(0 < wait <= 1 for wait in refused)

    run(work())


@pytest.mark.parametrize(
    ("latitude", "longitude", "precision", "expires_in", "field"),
    [
        (90.1, 0, "exact", 900, "latitude"),
        (0, -180.5, "exact", 900, "longitude"),
        (0, 0, "roughly", 900, "precision"),
        (0, 0, "area", 899, "expires_in"),
        (0, 0, "area", 28_801, "expires_in"),
    ],
)
def test_what_no_location_can_be_is_refused_by_name(
    latitude: float, longitude: float, precision: str, expires_in: int, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        location_of(latitude, longitude, precision, expires_in)
    assert refused.value.fields[0].field == field
