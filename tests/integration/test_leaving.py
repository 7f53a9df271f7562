"""New names and ends of accounts: small events, in steps, and nothing personal left behind."""

import asyncio
import sqlite3
import uuid
from contextlib import closing
from typing import Any

from tests.clients import PASSWORD, Api, ChannelClient, ChannelState
from tests.conftest import NewApi, StartHub
from tests.services import HubProcess, wait_until

FORMER = {"username": None, "name": "former member"}


async def check_fresh(client: ChannelClient, fresh: dict[str, Any]) -> None:
    await client.wait_for_seq(fresh["seq"])
    assert not client.gaps and not client.repeats and not client.resyncs
    client.state.presence = None
    assert client.state == ChannelState.from_history(fresh)


async def review(api: Api, park: str, stars: int = 4) -> dict[str, Any]:
    body = {"title": "Fine", "comment": "Fine.", "stars": stars, "client_id": str(uuid.uuid4())}
    made: dict[str, Any] = await api.call("POST", f"/api/channels/{park}/reviews", json=body)
    return made


async def test_a_new_name_is_one_event_in_each_channel_where_the_member_has_written(
    hub: HubProcess, ada: Api, ben: Api, guest: Api, park: str
) -> None:
    await ada.post(park, "One")
    await ada.post(park, "Two")
    await review(ada, park)
    await ada.post("zion", "Elsewhere")
    await ben.post(park, "Not hers")
    park_before, zion_before, denali_before = [await guest.history(slug) for slug in (park, "zion", "denali")]
    first = await guest.request("GET", f"/api/channels/{park}/history")
    async with ChannelClient(hub.ws_url, park, history=park_before) as watcher:
        await ada.call("PUT", "/api/auth/me", json={"name": "Ada of the Hills"})
        fresh = await guest.history(park)
        assert fresh["seq"] == park_before["seq"] + 1
        await check_fresh(watcher, fresh)
        assert [event["type"] for event in watcher.applied] == ["member.updated"]
        assert ada.user is not None
        assert watcher.applied[0]["data"] == {"username": ada.user["username"], "name": "Ada of the Hills"}
    names = {post["author"]["name"] for post in fresh["posts"]["items"] if post["title"] != "Not hers"}
    assert names == {"Ada of the Hills"} == {fresh["reviews"]["items"][0]["author"]["name"]}
    assert (await guest.history("zion"))["seq"] == zion_before["seq"] + 1
    assert (await guest.history("denali"))["seq"] == denali_before["seq"]
    again = await guest.request(
        "GET", f"/api/channels/{park}/history", headers={"If-None-Match": first.headers["etag"]}
    )
    assert again.status_code == 200
    await ada.call("PUT", "/api/auth/me", json={"name": "Ada of the Hills"})
    assert (await guest.history(park))["seq"] == fresh["seq"]


async def test_of_several_new_names_a_replay_has_the_last(hub: HubProcess, ada: Api, guest: Api, park: str) -> None:
    start = await guest.history(park)
    await ada.post(park)
    for name in ("Ada One", "Ada Two", "Ada Three"):
        await ada.call("PUT", "/api/auth/me", json={"name": name})
    async with ChannelClient(hub.ws_url, park, history=start) as late:
        assert late.welcome["recovered"]
        await check_fresh(late, await guest.history(park))
        assert [event["type"] for event in late.applied][1:] == ["tombstone", "tombstone", "member.updated"]


async def test_a_large_account_ends_in_small_events_and_leaves_no_name(start_hub: StartHub, new_api: NewApi) -> None:
    hub = start_hub()
    ada, ben = new_api(hub.base_url), new_api(hub.base_url)
    await ada.register("unrepeatable-ada", name="Unrepeatable Lovelace")
    await ben.register("ben")
    liked = [await review(ben, "denali") for _ in range(30)]
    start = await ben.history("denali")
    await asyncio.gather(*(ada.post("denali", f"Post {number}") for number in range(150)))
    await asyncio.gather(*(review(ada, "denali") for _ in range(20)))
    await asyncio.gather(*(ada.call("PUT", f"/api/reviews/{one['id']}/helpful") for one in liked))
    await ada.call("PUT", "/api/auth/me", json={"name": "Unrepeatable Byron"})
    full = await ben.history("denali")
    async with ChannelClient(hub.ws_url, "denali", history=full) as watcher:
        await ada.call("DELETE", "/api/auth/me", json={"password": PASSWORD}, expect=[204])
        fresh = await ben.history("denali")
        await check_fresh(watcher, fresh)
        kinds = [event["type"] for event in watcher.applied]
        assert kinds.count("review.updated") == len(liked)
        assert kinds.count("post.updated") == 0
        told = [event["data"] for event in watcher.applied if event["type"] == "member.updated"]
        assert all({name: one[name] for name in FORMER} == FORMER for one in told)
        assert max(len(one.get("posts", ())) + len(one.get("reviews", ())) for one in told) <= 100
        assert sum(len(one.get("posts", ())) for one in told) == 150
        assert sum(len(one.get("reviews", ())) for one in told) == 20
    # From memory, then from the log of a restarted hub; the reader's own page of 50 is not the whole, so no comparison.
    for _ in range(2):
        async with ChannelClient(hub.ws_url, "denali", history=start) as late:
            assert late.welcome["recovered"]
            await late.wait_for_seq(fresh["seq"])
            assert "nrepeatable" not in str(late.frames)
            authors = {post["author"]["username"] for post in late.state.posts.values()}
            assert "unrepeatable-ada" not in authors
        hub.stop()
        hub.start()
    hub.stop()
    # A copy has what the tables and indexes hold, and not what SQLite leaves in the unused parts of their pages.
    copy = hub.database_path.with_name("copy.db")
    with closing(sqlite3.connect(hub.database_path)) as database:
        database.execute("VACUUM INTO ?", (str(copy),))
    assert b"nrepeatable" not in copy.read_bytes()


async def test_the_end_of_an_account_goes_on_after_a_crash(start_hub: StartHub, new_api: NewApi) -> None:
    hub = start_hub()
    ada, ben = new_api(hub.base_url), new_api(hub.base_url)
    await ada.register("ada")
    await ben.register("ben")
    await asyncio.gather(*(ada.post("denali", f"Post {number}") for number in range(120)))
    start = await ben.history("denali")
    hub.stop()
    # As a worker leaves it that was killed after the first unit.
    with closing(sqlite3.connect(hub.database_path)) as database:
        database.execute(
            "UPDATE users SET left_at = '2026-01-01T00:00:00.000000Z', password_hash = '' WHERE username = 'ada'"
        )
        database.commit()
    hub.start()
    answer = await ben.request("POST", "/api/auth/login", json={"username": "ada", "password": "correct horse battery"})
    assert answer.status_code == 401

    def is_gone() -> bool:
        with closing(sqlite3.connect(hub.database_path)) as database:
            return database.execute("SELECT 1 FROM users WHERE username = 'ada'").fetchone() is None

    assert await asyncio.to_thread(wait_until, is_gone, 20)
    async with ChannelClient(hub.ws_url, "denali", history=start) as late:
        await check_fresh(late, await ben.history("denali"))


async def test_a_deleted_channel_is_gone_at_once_and_erased_in_steps(start_hub: StartHub, new_api: NewApi) -> None:
    hub = start_hub()
    admin, ada = new_api(hub.base_url), new_api(hub.base_url)
    await admin.register("boss")
    await asyncio.to_thread(hub.run, "user", "role", "boss", "admin")
    await admin.login("boss")
    await ada.register("ada")
    made = await asyncio.gather(*(ada.post("denali", f"Unrepeatable {number}") for number in range(150)))
    await ada.delete_post(made[0]["id"])
    liked = await review(admin, "denali")
    await ada.call("PUT", f"/api/reviews/{liked['id']}/helpful")
    await admin.call("DELETE", "/api/channels/denali", expect=[204])
    for path in ("/api/channels/denali", "/api/channels/denali/history", f"/api/posts/{made[1]['id']}"):
        assert (await ada.request("GET", path)).status_code == 404
    listed = await ada.channels()
    assert "denali" not in {one["slug"] for group in listed["items"] for one in group["channels"]}
    assert not any(
        one["channel"].startswith(":") for one in (await ada.call("GET", "/api/search?q=unrepeatable"))["items"]
    )
    await admin.call("POST", "/api/channels", json={"slug": "denali", "name": "Denali again", "group": "Parks"})
    assert (await ada.history("denali"))["posts"]["items"] == []
    with closing(sqlite3.connect(hub.database_path)) as database:
        (old,) = database.execute("SELECT id FROM channels WHERE slug LIKE ':%'").fetchone()
        for table in ("posts", "reviews", "ratings", "event_log", "rating_months"):
            assert not database.execute(f"SELECT 1 FROM {table} WHERE channel_id = ?", (old,)).fetchone(), table
