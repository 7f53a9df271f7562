"""Analytics: entries are their members' ratings; bulk gives a verdict each; the summary is always up to date."""

import asyncio
import csv
import io
import json
import time
from typing import Any

import pytest

from tests.clients import Api, ChannelClient
from tests.services import HubProcess

ENTRIES = "/api/analytics"
AS_JSON = {"Content-Type": "application/json"}


async def status(api: Api, method: str, path: str, **options: Any) -> int:
    return (await api.request(method, path, **options)).status_code


async def enter(api: Api, channel: str, stars: int, expect: int = 201) -> dict[str, Any]:
    entry: dict[str, Any] = await api.call("POST", ENTRIES, json={"channel": channel, "stars": stars}, expect=[expect])
    return entry


async def bulk(api: Api, entries: list[Any]) -> dict[str, Any]:
    answer: dict[str, Any] = await api.call("POST", f"{ENTRIES}/bulk", json=entries, expect=[207])
    return answer


async def summed(api: Api, channel: str) -> dict[str, Any]:
    items = (await api.call("GET", f"{ENTRIES}/summary"))["items"]
    found: dict[str, Any] = next(one for one in items if one["channel"] == channel)
    return found


async def test_an_entry_is_its_members_rating_and_keeps_its_id(ada: Api, guest: Api, park: str) -> None:
    entry = await enter(ada, park, 4)
    assert (entry["channel"], entry["stars"], entry["username"]) == (park, 4, ada.user and ada.user["username"])
    again = await enter(ada, park, 2, expect=200)
    assert again["id"] == entry["id"] and again["created_at"] == entry["created_at"] < again["updated_at"]
    assert (await ada.call("GET", f"/api/channels/{park}/rating"))["mine"] == 2
    await ada.call("PUT", f"/api/channels/{park}/rating", json={"stars": 5})
    assert (await guest.call("GET", f"{ENTRIES}/{entry['id']}"))["stars"] == 5


async def test_entries_are_listed_by_channel_page_by_page(ada: Api, ben: Api, moderator: Api, park: str) -> None:
    made = [await enter(api, park, stars) for api, stars in ((ada, 1), (ben, 2), (moderator, 3))]
    first = await ada.call("GET", ENTRIES, params={"channel": park, "limit": 2})
    second = await ada.call("GET", ENTRIES, params={"channel": park, "limit": 2, "cursor": first["next"]})
    assert [*first["items"], *second["items"]] == made[::-1] and second["next"] is None
    assert (await ada.call("GET", ENTRIES, params={"limit": 3}))["items"] == made[::-1]
    assert await status(ada, "GET", ENTRIES, params={"channel": "no-such-park"}) == 422


async def test_an_entry_is_changed_by_its_member_and_removed_by_its_member_or_a_moderator(
    ada: Api, ben: Api, guest: Api, moderator: Api, park: str
) -> None:
    url = f"{ENTRIES}/{(await enter(ada, park, 4))['id']}"
    for api, expected in ((guest, 401), (ben, 403)):
        assert await status(api, "PUT", url, json={"stars": 1}) == expected
        assert await status(api, "DELETE", url) == expected
    assert (await ada.call("PUT", url, json={"channel": park, "stars": 3}))["stars"] == 3
    assert await status(ada, "PUT", url, json={"channel": "zion", "stars": 3}) == 409
    assert await status(moderator, "PUT", url, json={"stars": 2}) == 403
    await moderator.call("DELETE", url, expect=[204])
    assert await status(ada, "GET", url) == 404
    assert (await ada.call("GET", f"/api/channels/{park}/rating"))["count"] == 0


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"channel": "no-such-park", "stars": 3}, "channel"),
        ({"channel": "zion", "stars": 6}, "stars"),
        ({"channel": "zion"}, "stars"),
        ({"channel": "zion", "stars": 3, "user": 1}, "user"),
        ({"channel": "Not A Slug", "stars": 3}, "channel"),
    ],
)
async def test_single_and_bulk_refuse_the_same_entries(ada: Api, wrong: dict[str, Any], field: str) -> None:
    answer = await ada.request("POST", ENTRIES, json=wrong)
    assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == field
    (verdict,) = (await bulk(ada, [wrong]))["results"]
    assert (verdict["status"], verdict["errors"]) == (422, answer.json()["errors"])


async def test_bad_entries_of_a_bulk_do_not_stop_good_ones(ada: Api, park: str) -> None:
    await enter(ada, "arches", 1)
    entries = [
        {"channel": park, "stars": 1},
        {"channel": park, "stars": 9},
        "not an entry",
        {"channel": "arches", "stars": 5},
        None,
        {"channel": park, "stars": 4},
    ]
    answer = await bulk(ada, entries)
    assert (answer["accepted"], answer["rejected"]) == (3, 3)
    assert [verdict["index"] for verdict in answer["results"]] == list(range(6))
    assert [verdict["status"] for verdict in answer["results"]] == [201, 422, 422, 200, 422, 200]
    assert [verdict["entry"]["stars"] for verdict in answer["results"] if "entry" in verdict] == [4, 5, 4]
    assert all("errors" in verdict for verdict in answer["results"] if verdict["status"] == 422)
    assert (await ada.call("GET", f"/api/channels/{park}/rating"))["mine"] == 4


async def test_a_bulk_is_one_event_for_each_channel_that_changed(hub: HubProcess, ada: Api, park: str) -> None:
    start = await ada.history(park)
    await bulk(ada, [{"channel": park, "stars": n % 5 + 1} for n in range(100)])
    await bulk(ada, [{"channel": park, "stars": 5}])
    async with ChannelClient(hub.ws_url, park, history=start) as watcher:
        await watcher.wait_for_seq(start["seq"] + 1)
        assert [event["type"] for event in watcher.applied] == ["rating.updated"]
    assert (await ada.history(park))["seq"] == start["seq"] + 1


async def test_ten_thousand_entries_are_taken_at_once_and_quickly(ada: Api, park: str) -> None:
    catalogue = (await ada.call("GET", f"{ENTRIES}/summary"))["items"]
    slugs = [one["channel"] for one in catalogue if one["group"] != "Tests"] + [park]
    entries = [{"channel": slugs[n % len(slugs)], "stars": n % 5 + 1} for n in range(10_000)]
    started = time.perf_counter()
    answer = await bulk(ada, entries)
    took = time.perf_counter() - started
    assert (answer["accepted"], len(answer["results"])) == (10_000, 10_000)
    assert took < 2, f"{took:.2f} s"
    assert await status(ada, "POST", f"{ENTRIES}/bulk", json=[*entries, entries[0]]) == 413


async def test_a_bulk_may_be_four_mebibytes_and_nothing_else_over_one(ada: Api, guest: Api) -> None:
    padding = " " * (2 * 1024 * 1024)
    assert await status(ada, "POST", f"{ENTRIES}/bulk", content=f"[{padding}]", headers=AS_JSON) == 207
    assert await status(ada, "POST", f"{ENTRIES}/bulk", content=f"[{padding}{padding}]", headers=AS_JSON) == 413
    assert await status(ada, "POST", ENTRIES, content=f"[{padding}]", headers=AS_JSON) == 413
    assert await status(ada, "POST", f"{ENTRIES}/bulk", json={"channel": "zion", "stars": 3}) == 422
    assert await status(guest, "POST", f"{ENTRIES}/bulk", json=[]) == 401


async def test_the_summary_agrees_with_ratings_reviews_and_posts(ada: Api, ben: Api, guest: Api, park: str) -> None:
    await enter(ada, park, 5)
    await ben.call("POST", f"/api/channels/{park}/reviews", json={"title": "Fine", "comment": "Fine.", "stars": 2})
    await ada.post(park)
    found = await summed(guest, park)
    assert (found["average"], found["ratings"], found["reviews"], found["posts"]) == (3.5, 2, 1, 1)
    assert found["histogram"] == {"1": 0, "2": 1, "3": 0, "4": 0, "5": 1}
    assert len(found["trend"]) == 12 and found["trend"][-1]["ratings"] == 2 and found["trend"][-1]["average"] == 3.5
    assert found["trend"][0] == {"month": found["trend"][0]["month"], "average": None, "ratings": 0}


async def test_the_totals_are_what_the_channels_add_up_to(ada: Api, park: str) -> None:
    await enter(ada, park, 3)
    summary = await ada.call("GET", f"{ENTRIES}/summary")
    for name in ("ratings", "reviews", "posts"):
        assert summary["total"][name] == sum(one[name] for one in summary["items"])
    stars = sum(int(star) * count for one in summary["items"] for star, count in one["histogram"].items())
    assert summary["total"]["average"] == pytest.approx(stars / summary["total"]["ratings"], abs=1e-4)


async def test_the_summary_is_a_table_for_spreadsheets(ada: Api, guest: Api, park: str) -> None:
    await enter(ada, park, 3)
    by_header = await guest.request("GET", f"{ENTRIES}/summary", headers={"Accept": "text/csv"})
    by_query = await guest.request("GET", f"{ENTRIES}/summary", params={"format": "csv"})
    assert by_header.text == by_query.text and by_header.headers["content-type"] == "text/csv; charset=utf-8"
    assert by_header.content.startswith(b"\xef\xbb\xbfchannel,"), "Excel needs the mark to read UTF-8"
    rows = list(csv.DictReader(io.StringIO(by_header.content.decode("utf-8-sig"))))
    row = next(one for one in rows if one["channel"] == park)
    assert (row["average"], row["ratings"], row["stars_3"]) == ("3.0", "1", "1")
    assert len(rows) == len((await guest.call("GET", f"{ENTRIES}/summary"))["items"])
    for accept in ("*/*", "application/json", "text/html"):
        answer = await guest.request("GET", f"{ENTRIES}/summary", headers={"Accept": accept})
        assert answer.headers["content-type"] == "application/json"


async def test_a_channels_name_is_no_formula_in_the_table(admin: Api, guest: Api, park: str) -> None:
    evil = '=HYPERLINK("http://evil.example","Zion, really")'
    await admin.call("PUT", f"/api/channels/{park}", json={"slug": park, "name": evil, "group": "@Tests"})
    table = (await guest.request("GET", f"{ENTRIES}/summary", params={"format": "csv"})).content.decode("utf-8-sig")
    row = next(one for one in csv.DictReader(io.StringIO(table)) if one["channel"] == park)
    assert (row["name"], row["group"]) == (f"'{evil}", "'@Tests")


async def test_single_entries_and_bulks_at_once_end_with_exact_numbers(
    ada: Api, ben: Api, moderator: Api, admin: Api, park: str
) -> None:
    async def storm(api: Api, last: int) -> None:
        for stars in (1, 5, 3):
            await asyncio.gather(
                bulk(api, [{"channel": park, "stars": stars}, {"channel": "zion", "stars": stars}]),
                api.call("POST", ENTRIES, json={"channel": park, "stars": stars}),
            )
        await enter(api, park, last, expect=200)

    await asyncio.gather(storm(ada, 1), storm(ben, 2), storm(moderator, 4), storm(admin, 4))
    assert (await summed(ada, park))["histogram"] == {"1": 1, "2": 1, "3": 0, "4": 2, "5": 0}


async def test_a_members_entries_are_listed_alone(ada: Api, ben: Api, guest: Api, park: str) -> None:
    mine = await enter(ada, park, 4)
    await enter(ben, park, 1)
    assert ada.user is not None
    params = {"username": ada.user["username"]}
    assert (await guest.call("GET", ENTRIES, params=params))["items"] == [mine]
    assert (await guest.call("GET", ENTRIES, params={**params, "channel": park}))["items"] == [mine]
    assert (await guest.call("GET", ENTRIES, params={"username": "nobody-here"}))["items"] == []


async def test_the_summary_is_sent_again_only_when_a_number_has_changed(ada: Api, guest: Api, park: str) -> None:
    first = await guest.request("GET", f"{ENTRIES}/summary")
    known = {"If-None-Match": first.headers["ETag"]}
    again = await guest.request("GET", f"{ENTRIES}/summary", headers=known)
    assert (again.status_code, again.content, again.headers["Vary"]) == (304, b"", "Accept, Origin")
    assert await status(guest, "GET", f"{ENTRIES}/summary?format=csv", headers=known) == 200
    await enter(ada, park, 5)
    changed = await guest.request("GET", f"{ENTRIES}/summary", headers=known)
    assert changed.status_code == 200 and changed.headers["ETag"] != first.headers["ETag"]


async def test_a_bulk_that_begins_with_a_byte_order_mark_is_read(ada: Api, park: str) -> None:
    entries = b"\xef\xbb\xbf" + json.dumps([{"channel": park, "stars": 4}]).encode()
    answer = await ada.request("POST", f"{ENTRIES}/bulk", content=entries, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["accepted"]) == (207, 1)
    single = b"\xef\xbb\xbf" + json.dumps({"channel": park, "stars": 5}).encode()
    answer = await ada.request("POST", ENTRIES, content=single, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["stars"]) == (200, 5)
