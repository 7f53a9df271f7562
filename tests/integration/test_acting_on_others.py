"""What nobody may do to another's, what is noted of those who may, what a mute covers, and what changes nothing."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from tests.clients import Api, ChannelClient
from tests.conftest import NewApi, StartHub
from tests.services import HubProcess

WORDS = {"title": "Wolves", "comment": "Seen at dawn."}
HERE = {"latitude": 63.1, "longitude": -151.2, "precision": "exact"}
PASSWORD = "correct horse battery"


def username(api: Api) -> str:
    assert api.user is not None
    return str(api.user["username"])


async def status(api: Api, method: str, path: str, body: Any = None) -> int:
    return (await api.request(method, path, **({} if body is None else {"json": body}))).status_code


async def newest(moderator: Api, count: int) -> list[dict[str, Any]]:
    """The log's newest entries, the last first."""
    entries: list[dict[str, Any]] = (await moderator.call("GET", f"/api/moderation/audit?limit={count}"))["items"]
    return entries


async def test_nobody_changes_anothers_stars_and_moderators_remove_them(
    ada: Api, ben: Api, moderator: Api, park: str
) -> None:
    review = await ada.call("POST", f"/api/channels/{park}/reviews", json={**WORDS, "stars": 4})
    url = f"/api/reviews/{review['id']}"
    [entry] = (await ada.call("GET", f"/api/analytics?channel={park}"))["items"]
    for path, body in ((url, {**WORDS, "stars": 1}), (f"/api/analytics/{entry['id']}", {"stars": 1})):
        assert await status(moderator, "PUT", path, body) == 403
        assert await status(ben, "PUT", path, body) == 403
    assert (await ada.call("GET", f"/api/channels/{park}/rating"))["mine"] == 4
    edited = await moderator.call("PUT", url, json={**WORDS, "title": "Wolves!", "stars": 4})
    assert (edited["title"], edited["stars"]) == ("Wolves!", 4)
    assert (await moderator.call("PUT", url, json={**WORDS, "title": "Wolves!", "stars": None}))["stars"] is None
    # What had no stars gets none from a moderator either.
    assert await status(moderator, "PUT", url, {**WORDS, "stars": 4}) == 403
    await moderator.call("DELETE", f"/api/analytics/{entry['id']}")
    assert (await ada.call("GET", f"/api/channels/{park}/rating"))["count"] == 0
    noted = [(one["action"], one["member"], one["thing_id"]) for one in await newest(moderator, 4)]
    assert noted == [
        ("rating.removed", username(ada), None),
        ("review.stars_removed", username(ada), review["id"]),
        ("review.edited", username(ada), review["id"]),
        ("review.edited", username(ada), review["id"]),
    ]


async def test_what_moderators_remove_of_others_is_noted_and_what_is_their_own_is_not(
    ada: Api, moderator: Api, park: str
) -> None:
    for api in (ada, moderator):
        review = await api.call("POST", f"/api/channels/{park}/reviews", json={**WORDS, "stars": 2})
        await moderator.call("DELETE", f"/api/reviews/{review['id']}?rating=remove")
        shared = await api.call("PUT", f"/api/channels/{park}/location", json=HERE)
        await moderator.call("DELETE", f"/api/locations/{shared['id']}")
    noted = [(one["action"], one["member"], one["channel"], one["actor"]) for one in await newest(moderator, 3)]
    who = (username(ada), park, username(moderator))
    assert noted == [(action, *who) for action in ("location.removed", "rating.removed", "review.deleted")]


async def test_what_admins_do_to_channels_is_noted_and_stays_known_when_they_are_gone(
    admin: Api, moderator: Api, unique: Callable[[str], str]
) -> None:
    slug = unique("valley")
    channel = {"slug": slug, "name": "A valley", "group": "Tests"}
    await admin.call("POST", "/api/channels", json=channel)
    await admin.call("PUT", f"/api/channels/{slug}", json=channel)
    await admin.call("PUT", f"/api/channels/{slug}", json={**channel, "name": "The valley"})
    await admin.call("DELETE", f"/api/channels/{slug}")
    noted = [(one["action"], one["channel"], one["actor"], one["member"]) for one in await newest(moderator, 3)]
    actions = ("channel.deleted", "channel.updated", "channel.created")
    assert noted == [(action, slug, username(admin), None) for action in actions]


async def test_what_the_operator_does_is_noted(
    hub: HubProcess, ada: Api, moderator: Api, unique: Callable[[str], str]
) -> None:
    made = unique("toby")
    hub.run("user", "create", made, "--password", PASSWORD)
    hub.run("user", "role", username(ada), "moderator")
    hub.run("user", "role", username(ada), "moderator")
    hub.run("user", "reset-password", username(ada), "--password", PASSWORD)
    entries = await newest(moderator, 3)
    assert [(one["action"], one["member"], one["reason"]) for one in entries] == [
        ("member.password_reset", username(ada), ""),
        ("member.role_changed", username(ada), "visitor → moderator"),
        ("member.created", made, "visitor"),
    ]
    assert {(one["actor"], one["by_operator"]) for one in entries} == {(None, True)}


async def test_a_moderator_who_leaves_is_still_named_in_the_log(
    hub: HubProcess, ada: Api, moderator: Api, new_api: NewApi, park: str, unique: Callable[[str], str]
) -> None:
    leaving = new_api(hub.base_url)
    name = unique("max")
    await leaving.register(name)
    hub.run("user", "role", name, "moderator")
    await leaving.login(name)
    post = await ada.call("POST", f"/api/channels/{park}/posts", json=WORDS)
    await leaving.call("POST", f"/api/posts/{post['id']}/hide", json={"reason": "Why not."})
    await leaving.call("DELETE", "/api/auth/me", json={"password": PASSWORD})
    [entry] = await newest(moderator, 1)
    assert (entry["action"], entry["actor"], entry["member"]) == ("post.hidden", name, username(ada))
    assert entry["by_operator"] is False


async def mute(moderator: Api, member: Api, channel: str | None) -> None:
    body = {"username": username(member), "minutes": 60, "reason": "Take a walk.", "channel": channel}
    await moderator.call("POST", "/api/moderation/mutes", json=body, expect=[200, 201])


@pytest.mark.parametrize("everywhere", [True, False])
async def test_a_muted_member_shows_nothing_new_to_others(
    ada: Api, ben: Api, moderator: Api, park: str, hub: HubProcess, everywhere: bool
) -> None:
    post = await ada.call("POST", f"/api/channels/{park}/posts", json=WORDS)
    review = await ada.call("POST", f"/api/channels/{park}/reviews", json={**WORDS, "stars": 3})
    others = await ben.call("POST", f"/api/channels/{park}/reviews", json=WORDS)
    [entry] = (await ada.call("GET", f"/api/analytics?channel={park}"))["items"]
    await mute(moderator, ada, None if everywhere else park)
    before = await ben.history(park)
    for method, path, body in (
        ("PUT", "/api/auth/me", {"name": "LOOK AT ME"}),
        ("POST", f"/api/channels/{park}/posts", WORDS),
        ("POST", f"/api/channels/{park}/reviews", WORDS),
        ("PUT", f"/api/posts/{post['id']}", {**WORDS, "title": "Bears"}),
        ("PUT", f"/api/reviews/{review['id']}", {**WORDS, "title": "Bears", "stars": 3}),
        ("PUT", f"/api/channels/{park}/rating", {"stars": 1}),
        ("POST", "/api/analytics", {"channel": park, "stars": 1}),
        ("PUT", f"/api/analytics/{entry['id']}", {"stars": 1}),
        ("PUT", f"/api/reviews/{others['id']}/helpful", None),
        ("PUT", f"/api/channels/{park}/location", HERE),
    ):
        answer = await ada.request(method, path, **({} if body is None else {"json": body}))
        assert (answer.status_code, answer.json()["type"]) == (403, "/docs/problems#muted"), path
    many = [{"channel": park, "stars": 1}, {"channel": "denali", "stars": 5}]
    bulk = await ada.call("POST", "/api/analytics/bulk", json=many, expect=[207])
    assert [one["status"] for one in bulk["results"]] == [403, 403 if everywhere else 201]
    assert bulk["rejected"] == (2 if everywhere else 1)
    async with ChannelClient(hub.ws_url, park, token=ada.token) as client:
        # Sockets look at the mutes once a second; until then what they take is not stored.
        async with asyncio.timeout(8):
            while (await client.ask({"type": "location.set", **HERE})).get("code") != "muted":
                await asyncio.sleep(0.1)
    assert await ben.history(park) == before


async def test_a_muted_member_still_reads_reports_takes_back_and_sets_a_password(
    ada: Api, ben: Api, moderator: Api, park: str
) -> None:
    post = await ben.call("POST", f"/api/channels/{park}/posts", json=WORDS)
    mine = await ada.call("POST", f"/api/channels/{park}/reviews", json={**WORDS, "stars": 3})
    await ada.call("PUT", f"/api/channels/{park}/location", json=HERE)
    await mute(moderator, ada, None)
    assert await status(ada, "POST", f"/api/posts/{post['id']}/report", {"reason": "Spam."}) == 201
    assert await status(ada, "DELETE", f"/api/channels/{park}/location") == 204
    assert await status(ada, "DELETE", f"/api/channels/{park}/rating") == 204
    assert await status(ada, "DELETE", f"/api/reviews/{mine['id']}") == 204
    assert ada.user is not None
    new = {"name": ada.user["name"], "password": "another good one 5", "current_password": PASSWORD}
    assert await status(ada, "PUT", "/api/auth/me", new) == 200


async def test_what_changes_nothing_is_no_write_and_no_event(start_hub: StartHub, new_api: NewApi) -> None:
    hub = start_hub()
    ada, ben, boss = (new_api(hub.base_url) for _ in range(3))
    for api, name in ((ada, "ada"), (ben, "ben"), (boss, "boss")):
        await api.register(name)
    hub.run("user", "role", "boss", "admin")
    await boss.login("boss")
    post = await ada.call("POST", "/api/channels/denali/posts", json={**WORDS, "content": {"tags": ["a"]}})
    seen = await ada.call("POST", "/api/channels/denali/posts", json=WORDS)
    review = await ada.call("POST", "/api/channels/denali/reviews", json={**WORDS, "stars": 3})
    [entry] = (await ada.call("GET", "/api/analytics?channel=denali&username=ada"))["items"]
    await boss.call("POST", f"/api/posts/{post['id']}/hide", json={"reason": "x"})
    channel = await boss.call("GET", "/api/channels/denali")
    same_channel = {field: channel[field] for field in ("slug", "name", "group", "kind", "description")}
    before = await ben.history("denali")
    with closing(sqlite3.connect(hub.database_path)) as database:
        version = database.execute("PRAGMA data_version").fetchone()
        for api, method, path, body, code in (
            (ada, "PUT", f"/api/posts/{seen['id']}", WORDS, 200),
            (ada, "PUT", f"/api/reviews/{review['id']}", {**WORDS, "stars": 3}, 200),
            (boss, "PUT", f"/api/reviews/{review['id']}", {**WORDS, "stars": 3}, 200),
            (ada, "PUT", "/api/channels/denali/rating", {"stars": 3}, 200),
            (ada, "POST", "/api/analytics", {"channel": "denali", "stars": 3}, 200),
            (ada, "PUT", f"/api/analytics/{entry['id']}", {"stars": 3}, 200),
            (boss, "PUT", f"/api/analytics/{entry['id']}", {"stars": 3}, 200),
            (ada, "PUT", "/api/auth/me", {"name": "ada"}, 200),
            (ben, "DELETE", "/api/channels/denali/rating", None, 204),
            (ben, "DELETE", "/api/channels/denali/location", None, 404),
            (ben, "DELETE", f"/api/reviews/{review['id']}/helpful", None, 204),
            (boss, "POST", f"/api/posts/{post['id']}/hide", {"reason": "y"}, 200),
            (boss, "POST", f"/api/reviews/{review['id']}/restore", None, 200),
            (boss, "PUT", "/api/channels/denali", same_channel, 200),
        ):
            assert await status(api, method, path, body) == code, path
            assert database.execute("PRAGMA data_version").fetchone() == version, path
    assert await ben.history("denali") == before


async def test_a_name_like_a_moderators_is_refused_and_their_own_is_theirs(
    ada: Api, moderator: Api, new_api: NewApi, hub: HubProcess, unique: Callable[[str], str]
) -> None:
    theirs = unique("Mountain Mara")
    await moderator.call("PUT", "/api/auth/me", json={"name": theirs})
    await moderator.call("PUT", "/api/auth/me", json={"name": theirs.upper()})
    await moderator.call("PUT", "/api/auth/me", json={"name": theirs})
    stranger = new_api(hub.base_url)
    for alike in (theirs, theirs.lower(), theirs.replace("a", "а"), username(moderator), theirs.replace(" ", "  ")):
        assert await status(ada, "PUT", "/api/auth/me", {"name": alike}) == 422, alike
        body = {"username": unique("eve"), "password": PASSWORD, "name": alike}
        assert await status(stranger, "POST", "/api/auth/register", body) == 422
    body = {"username": theirs.replace(" ", "_"), "password": PASSWORD}
    assert await status(stranger, "POST", "/api/auth/register", body) == 422
    for reserved in ("Admin", "former member", "Moderator", "\u3164", "Sky\u202e", "@sky"):
        assert await status(ada, "PUT", "/api/auth/me", {"name": reserved}) == 422
    assert await status(ada, "PUT", "/api/auth/me", {"name": "Mara of the Mountain"}) == 200


async def test_an_account_whose_name_would_be_refused_today_goes_on(start_hub: StartHub, new_api: NewApi) -> None:
    hub = start_hub()
    hub.run("user", "create", "admin", "--password", PASSWORD)
    with closing(sqlite3.connect(hub.database_path)) as database:
        database.execute("UPDATE users SET name = 'Old \u202e name' WHERE username = 'admin'")
        database.commit()
    old = new_api(hub.base_url)
    await old.login("admin")
    body = {"name": "Old \u202e name", "password": "another good one 5", "current_password": PASSWORD}
    assert (await old.call("PUT", "/api/auth/me", json=body))["name"] == body["name"]
    assert await status(old, "PUT", "/api/auth/me", {"name": "New \u202e name"}) == 422
    assert await status(old, "PUT", "/api/auth/me", {"name": "admin"}) == 200


async def test_a_role_stands_in_what_its_member_wrote_and_changes_there(
    ada: Api, guest: Api, park: str, hub: HubProcess
) -> None:
    await ada.call("POST", f"/api/channels/{park}/posts", json=WORDS)
    await ada.call("POST", f"/api/channels/{park}/reviews", json=WORDS)
    async with ChannelClient(hub.ws_url, park, history=await guest.history(park)) as reader:
        for role in ("moderator", "visitor"):
            told = len(reader.frames)
            hub.run("user", "role", username(ada), role)
            event = await reader.wait_for_type("member.updated", after=told)
            author = {"username": username(ada), "name": username(ada)}
            if role == "moderator":
                author["role"] = role
            assert event["data"] == author
            history = await guest.history(park)
            assert history["posts"]["items"][0]["author"] == history["reviews"]["items"][0]["author"] == author
            for things in (reader.state.posts, reader.state.reviews):
                assert [thing["author"] for thing in things.values()] == [author]
