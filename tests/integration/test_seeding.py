"""A new hub's demo content: there at once, and never twice."""

from tests.conftest import NewApi, StartHub


async def test_demo_reviews_and_stars_are_there_and_seeding_again_adds_nothing(
    start_hub: StartHub, new_api: NewApi
) -> None:
    hub = start_hub()
    api = new_api(hub.base_url)
    first = await api.history("denali")
    assert {review["author"]["username"] for review in first["reviews"]["items"]} == {"mara", "tomas"}
    assert first["rating"]["count"] == sum(first["rating"]["histogram"].values()) == 3
    summary = await api.call("GET", "/api/analytics/summary")
    assert sum(month["ratings"] > 0 for month in summary["total"]["trend"]) > 3
    hub.run("seed")
    assert await api.history("denali") == first
    assert await api.call("GET", "/api/analytics/summary") == summary
