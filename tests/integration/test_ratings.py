"""Star ratings: one per member and channel, exact however many give theirs at the same time."""

import asyncio
import random
from collections import Counter
from typing import Any

import pytest

from tests.clients import Api, ChannelClient, ChannelState
from tests.conftest import StartHub
from tests.services import HubProcess, RedisServer


def url(park: str) -> str:
    return f"/api/channels/{park}/rating"


async def rating(api: Api, park: str) -> dict[str, Any]:
    answer: dict[str, Any] = await api.call("GET", url(park))
    return answer


async def test_a_rating_is_set_changed_and_removed_and_counts_once(ada: Api, guest: Api, park: str) -> None:
    await ada.call("PUT", url(park), json={"stars": 2})
    await ada.call("PUT", url(park), json={"stars": 5})
    after = await ada.call("PUT", url(park), json={"stars": 5})
    assert (after["average"], after["count"], after["mine"]) == (5.0, 1, 5)
    assert await rating(guest, park) == {**after, "mine": None}
    await ada.call("DELETE", url(park), expect=[204])
    await ada.call("DELETE", url(park), expect=[204])
    assert (await rating(ada, park))["average"] is None


@pytest.mark.parametrize("stars", [0, 6, -1, 4.5, "4", None, True])
async def test_only_one_to_five_whole_stars_are_taken(ada: Api, park: str, stars: Any) -> None:
    answer = await ada.request("PUT", url(park), json={"stars": stars})
    assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == "stars"
    assert (await rating(ada, park))["count"] == 0


async def test_guests_see_stars_and_give_none(guest: Api, park: str) -> None:
    assert (await rating(guest, park))["mine"] is None
    assert (await guest.request("PUT", url(park), json={"stars": 3})).status_code == 401
    assert (await guest.request("DELETE", url(park))).status_code == 401
    assert (await guest.request("GET", url("no-such-park"))).status_code == 404


async def test_the_same_stars_again_are_no_news(hub: HubProcess, ada: Api, park: str) -> None:
    await ada.call("PUT", url(park), json={"stars": 3})
    before = await ada.history(park)
    await ada.call("PUT", url(park), json={"stars": 3})
    assert await ada.history(park) == before


async def _members(base_url: str, count: int) -> list[Api]:
    people = [Api(base_url) for _ in range(count)]
    for start in range(0, count, 20):
        await asyncio.gather(*(api.register(f"rater{start + n}") for n, api in enumerate(people[start : start + 20])))
    return people


async def test_two_hundred_rate_at_the_same_time_and_the_numbers_are_exact(
    start_hub: StartHub, redis: RedisServer
) -> None:
    hub = start_hub(workers=2, redis=redis)
    chance = random.Random(7)
    people = await _members(hub.base_url, 200)
    async with Api(hub.base_url) as guest:
        before = await guest.history("zion")
        async with ChannelClient(hub.ws_url, "zion", history=before) as watcher:
            last = await asyncio.gather(*(_rate_thrice(api, chance) for api in people))
            after = await guest.history("zion")
            await watcher.wait_for_seq(after["seq"], timeout=30)
            expected = Counter(str(stars) for stars in last if stars is not None)
            given = {star: after["rating"]["histogram"][star] - before["rating"]["histogram"][star] for star in "12345"}
            assert given == {star: expected[star] for star in "12345"}
            assert watcher.state.rating == ChannelState.from_history(after).rating
            assert not watcher.gaps and not watcher.repeats
    await asyncio.gather(*(api.close() for api in people))


async def _rate_thrice(api: Api, chance: random.Random) -> int | None:
    stars = None
    for _ in range(3):
        stars = chance.choice([1, 2, 3, 4, 5, None])
        if stars is None:
            await api.call("DELETE", url("zion"))
        else:
            await api.call("PUT", url("zion"), json={"stars": stars})
    return stars
