"""A channel's history: everything in one read, its ETag, and pages of other origins."""

from typing import Any

import pytest

from tests.clients import Api
from tests.conftest import NewApi, StartHub

SITE = "https://parks.example"


async def read(api: Api, park: str, *, known: str | None = None, **params: Any) -> Any:
    headers = {"If-None-Match": known} if known else {}
    return await api.request("GET", f"/api/channels/{park}/history", headers=headers, params=params)


async def test_a_history_is_all_that_a_page_needs(ada: Api, guest: Api, park: str) -> None:
    empty = await guest.history(park)
    assert empty["seq"] == 0
    post = await ada.post(park)
    history = await guest.history(park)
    assert (history["channel"], history["seq"], history["epoch"]) == (park, 1, empty["epoch"])
    assert history["posts"] == {"items": [post], "next": None}
    assert history["reviews"]["items"] == []
    assert history["rating"]["count"] == 0


async def test_an_unknown_channel_has_no_history(guest: Api) -> None:
    answer = await read(guest, "no-such-park")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(answer.json()) == {"type", "title", "status", "detail"}


async def test_its_cursor_goes_on_where_the_history_ends(ada: Api, park: str) -> None:
    written = [(await ada.post(park))["id"] for _ in range(5)]
    history = (await read(ada, park, limit=2)).json()
    older = await ada.call("GET", f"/api/channels/{park}/posts", params={"cursor": history["posts"]["next"]})
    assert [post["id"] for post in history["posts"]["items"] + older["items"]] == written[::-1]


async def test_what_is_unchanged_is_not_sent_again(ada: Api, guest: Api, park: str) -> None:
    await ada.post(park)
    first = await read(guest, park)
    tag = first.headers["etag"]
    assert tag == f'"{first.json()["epoch"]}:{first.json()["seq"]}"'
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = await read(guest, park, known=known)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    await ada.post(park)
    changed = await read(guest, park, known=tag)
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


async def test_the_etag_is_the_readers_own(ada: Api, ben: Api, guest: Api, park: str) -> None:
    await ada.call("PUT", f"/api/channels/{park}/rating", json={"stars": 4})
    tags = [(await read(api, park)).headers["etag"] for api in (ada, ben, guest)]
    assert len(set(tags)) == 3
    assert (await read(ben, park, known=tags[0])).status_code == 200
    assert (await read(ada, park, known=tags[0], limit=7)).status_code == 200


@pytest.mark.parametrize("known", ["", "x", '"', '"x"', "W/", "," * 500, '"' + "x" * 5000 + '"'])
async def test_any_other_etag_gives_the_whole_history(guest: Api, park: str, known: str) -> None:
    assert (await read(guest, park, known=known)).status_code == 200


@pytest.mark.parametrize("limit", ["0", "101", "-1", "x", "1.5", "9" * 400])
async def test_a_wrong_limit_is_named(guest: Api, park: str, limit: str) -> None:
    for path in ("history", "posts"):
        answer = await guest.request("GET", f"/api/channels/{park}/{path}", params={"limit": limit})
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == ["limit"]


@pytest.mark.parametrize(
    "cursor", ["", "x", "WzFd!", "W10", "WyJhIl0", "W3RydWVd", "WzllOTld", "é", "../..", "W" * 7000]
)
async def test_a_wrong_cursor_is_named(guest: Api, park: str, cursor: str) -> None:
    answer = await guest.request("GET", f"/api/channels/{park}/posts", params={"cursor": cursor})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["cursor"]


async def test_pages_of_listed_origins_may_use_the_api_and_others_may_not(start_hub: StartHub, new_api: NewApi) -> None:
    hub = start_hub(settings={"HUB_ALLOWED_ORIGINS": f"{SITE}, http://localhost:3000"})
    api = new_api(hub.base_url)
    url = "/api/channels/denali/history"
    for origin, allowed in ((SITE, SITE), (SITE.upper(), SITE.upper()), ("https://evil.example", None), ("null", None)):
        asked = {"Origin": origin, "Access-Control-Request-Method": "PUT"}
        asked["Access-Control-Request-Headers"] = "authorization, content-type"
        preflight = await api.request("OPTIONS", url, headers=asked)
        answer = await api.request("GET", url, headers={"Origin": origin})
        for response in (preflight, answer):
            assert response.headers.get("access-control-allow-origin") == allowed
            assert "access-control-allow-credentials" not in response.headers
        assert preflight.status_code == 204
        if allowed:
            assert "PUT" in preflight.headers["access-control-allow-methods"]
            assert "authorization" in preflight.headers["access-control-allow-headers"].lower()
            assert "if-match" in preflight.headers["access-control-allow-headers"].lower()
            assert "etag" in answer.headers["access-control-expose-headers"].lower()
            assert "Origin" in answer.headers["vary"]


async def test_a_page_of_another_origin_also_reads_what_went_wrong(start_hub: StartHub, new_api: NewApi) -> None:
    hub = start_hub(settings={"HUB_ALLOWED_ORIGINS": SITE})
    api = new_api(hub.base_url)
    for path in ("/api/channels/no-such-park/history", "/api/auth/me", "/api/nothing-here"):
        answer = await api.request("GET", path, headers={"Origin": SITE})
        assert answer.status_code in (401, 404)
        assert answer.headers["access-control-allow-origin"] == SITE
