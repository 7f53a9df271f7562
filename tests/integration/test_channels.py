"""Channels: the catalogue, and what admins do with it, live."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.clients import Api, ChannelClient, one_on_each_worker
from tests.conftest import NewApi, StartHub
from tests.services import HubProcess, RedisServer

Unique = Callable[[str], str]


def described(slug: str, /, **changes: Any) -> dict[str, Any]:
    return {"slug": slug, "name": "A park", "group": "Tests", **changes}


async def status(api: Api, method: str, path: str, **options: Any) -> int:
    return (await api.request(method, path, **options)).status_code


async def catalogue(api: Api) -> dict[str, dict[str, Any]]:
    groups = (await api.channels())["items"]
    return {channel["slug"]: channel for group in groups for channel in group["channels"]}


async def test_the_catalogue_has_every_park_and_topic_by_group(guest: Api) -> None:
    groups = {group["group"]: group["channels"] for group in (await guest.channels())["items"]}
    every = [channel for channels in groups.values() for channel in channels]
    assert sum(channel["park"] is not None for channel in every) == 63
    names = {channel["name"] for channel in every if channel["kind"] == "topic"}
    assert {"Announcements", "Events", "FAQ", "Help Desk", "Tundra", "Forest", "Aquatic", "Desert"} <= names
    assert all(channel["group"] == group for group, channels in groups.items() for channel in channels)
    denali = await guest.call("GET", "/api/channels/denali")
    assert {"slug", "name", "group", "kind", "park", "stats", "online"} <= set(denali)
    assert {"code", "states", "latitude", "longitude", "activities"} <= set(denali["park"])
    assert set(denali["stats"]) == {"posts", "reviews", "rating"}


async def test_the_catalogue_counts_posts_and_who_is_online(hub: HubProcess, ada: Api, guest: Api, park: str) -> None:
    assert ada.user is not None
    async with ChannelClient(hub.ws_url, park, token=ada.token), ChannelClient(hub.ws_url, park):
        post = await ada.post(park)
        await ada.post(park)
        await ada.delete_post(post["id"])
        found = (await catalogue(guest))[park]
        assert found["stats"]["posts"] == 1
        assert found["online"] == {"members": [ada.user["username"]], "guests": 1, "count": 2}


async def test_an_unchanged_catalogue_is_not_sent_again(guest: Api, ada: Api, park: str) -> None:
    tag = (await guest.request("GET", "/api/channels")).headers["etag"]
    assert await status(guest, "GET", "/api/channels", headers={"If-None-Match": tag}) == 304
    await ada.post(park)
    assert await status(guest, "GET", "/api/channels", headers={"If-None-Match": tag}) == 200


async def test_an_admin_makes_changes_and_deletes_a_channel(admin: Api, guest: Api, unique: Unique) -> None:
    slug = unique("new")
    url = f"/api/channels/{slug}"
    made = await admin.call("POST", "/api/channels", json=described(slug, description="Here."), expect=[201])
    assert (made["slug"], made["kind"], made["description"], made["park"]) == (slug, "topic", "Here.", None)
    assert (await guest.history(slug))["seq"] == 0
    changed = await admin.call("PUT", url, json=described(slug, name="Another name", group="Elsewhere"))
    assert await guest.call("GET", url) == changed
    assert (changed["name"], changed["group"], changed["description"]) == ("Another name", "Elsewhere", "")
    await admin.call("DELETE", url, expect=[204])
    for path in (url, f"{url}/history", f"{url}/posts"):
        assert await status(guest, "GET", path) == 404
    assert await status(admin, "DELETE", url) == 404
    assert slug not in await catalogue(guest)


async def test_a_slug_is_taken_once_and_never_changes(admin: Api, park: str) -> None:
    assert await status(admin, "POST", "/api/channels", json=described(park)) == 409
    assert await status(admin, "PUT", f"/api/channels/{park}", json=described("another-slug")) == 409
    assert await status(admin, "PUT", "/api/channels/no-such-park", json=described("no-such-park")) == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"slug": "Upper Case"}, "slug"),
        ({"name": " "}, "name"),
        ({"group": ""}, "group"),
        ({"kind": "forum"}, "kind"),
        ({"description": "x" * 501}, "description"),
        ({"seq": 7}, "seq"),
    ],
)
async def test_what_is_wrong_with_a_channel_is_named(admin: Api, change: dict[str, Any], field: str) -> None:
    answer = await admin.request("POST", "/api/channels", json=described("fine", **change))
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_a_change_is_told_live(hub: HubProcess, admin: Api, ada: Api, park: str) -> None:
    async with ChannelClient(hub.ws_url, park, history=await ada.history(park)) as reader:
        changed = await admin.call("PUT", f"/api/channels/{park}", json=described(park, name="A better name"))
        event = await reader.wait_for_type("channel.updated")
    assert event["seq"] == 1
    assert event["data"] == {name: value for name, value in changed.items() if name != "online"}


async def test_deleting_a_channel_tells_its_readers_at_once_and_closes_their_sockets(
    hub: HubProcess, admin: Api, ada: Api, park: str
) -> None:
    await ada.post(park)
    async with ChannelClient(hub.ws_url, park) as reader, ChannelClient(hub.ws_url, "denali") as elsewhere:
        await admin.call("DELETE", f"/api/channels/{park}")
        assert await reader.wait_closed(2) == 4403
        assert reader.errors[-1]["code"] == "gone"
        assert elsewhere.connected
    assert await status(ada, "POST", f"/api/channels/{park}/posts", json={"title": "x", "comment": "y"}) == 404


async def test_deleting_a_channel_closes_sockets_on_every_worker_within_two_seconds(
    start_hub: StartHub, redis: RedisServer, new_api: NewApi
) -> None:
    hub = start_hub(workers=2, redis=redis)
    admin = new_api(hub.base_url)
    await admin.register("boss")
    await asyncio.to_thread(hub.run, "user", "role", "boss", "admin")
    await admin.login("boss")
    readers = await one_on_each_worker(hub, "denali")
    await admin.call("DELETE", "/api/channels/denali")
    assert {await reader.wait_closed(2) for reader in readers} == {4403}


async def test_a_channel_made_anew_is_another_one(hub: HubProcess, admin: Api, ada: Api, park: str) -> None:
    await ada.post(park)
    before = await ada.history(park)
    await admin.call("DELETE", f"/api/channels/{park}")
    await admin.call("POST", "/api/channels", json=described(park))
    after = await ada.history(park)
    assert (after["seq"], after["posts"]["items"]) == (0, [])
    assert after["epoch"] != before["epoch"]
    async with ChannelClient(hub.ws_url, park, history=before) as returning:
        assert returning.welcome["recovered"] is False
        assert returning.welcome["epoch"] == after["epoch"]
        await ada.post(park)
        await returning.wait_for_type("post.created")
