"""Moderation: what is hidden is gone for everybody and can come back; mutes, reports and the audit log."""

import asyncio
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.clients import PASSWORD, Api, ApiError, ChannelClient, ChannelState
from tests.conftest import NewApi, StartHub
from tests.services import HubProcess

WHY = {"reason": "Not about the park."}
KINDS = ("posts", "reviews")


async def write(api: Api, park: str, kind: str, **fields: Any) -> dict[str, Any]:
    body = {"title": "Wolves", "comment": "Seen at dawn.", **fields}
    thing: dict[str, Any] = await api.call("POST", f"/api/channels/{park}/{kind}", json=body, expect=[201])
    return {**thing, "url": f"/api/{kind}/{thing['id']}"}


async def hide(moderator: Api, thing: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = await moderator.call("POST", f"{thing['url']}/hide", json=WHY)
    return answer


async def status(api: Api, method: str, path: str, **options: Any) -> int:
    return (await api.request(method, path, **options)).status_code


def name(api: Api) -> str:
    assert api.user is not None
    return str(api.user["username"])


def fields_of(thing: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in thing.items() if key != "url"}


async def mute(moderator: Api, member: Api, **fields: Any) -> dict[str, Any]:
    body = {"username": name(member), "minutes": 60, "reason": "Take a walk.", **fields}
    made: dict[str, Any] = await moderator.call("POST", "/api/moderation/mutes", json=body, expect=[200, 201])
    return made


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_hidden_is_gone_for_others_and_marked_for_its_author_and_moderators(
    ada: Api, ben: Api, guest: Api, moderator: Api, park: str, kind: str
) -> None:
    thing = await write(ada, park, kind)
    hidden = await hide(moderator, thing)
    assert hidden["hidden"]["reason"] == WHY["reason"]
    assert [await status(api, "GET", thing["url"]) for api in (ben, guest)] == [404, 404]
    for api in (ada, moderator):
        assert await api.call("GET", thing["url"]) == hidden
    for api in (ada, ben, guest, moderator):
        assert (await api.call("GET", f"/api/channels/{park}/{kind}"))["items"] == []
        assert (await api.history(park))[kind]["items"] == []
    assert (await ada.call("GET", f"/api/channels/{park}"))["stats"][kind] == 0
    assert (await ada.call("GET", "/api/moderation/mine"))[kind] == [hidden]
    assert (await ben.call("GET", "/api/moderation/mine")) == {"mutes": [], "posts": [], "reviews": []}


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_restored_is_as_it_was(ada: Api, ben: Api, moderator: Api, park: str, kind: str) -> None:
    thing = await write(ada, park, kind)
    await hide(moderator, thing)
    for _ in range(2):
        assert await moderator.call("POST", f"{thing['url']}/restore") == fields_of(thing)
    assert await ben.call("GET", thing["url"]) == fields_of(thing)
    assert (await ben.call("GET", f"/api/channels/{park}/{kind}"))["items"] == [fields_of(thing)]
    assert (await ada.call("GET", f"/api/channels/{park}"))["stats"][kind] == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_hiding_is_done_once_however_often_and_by_however_many(
    ada: Api, moderator: Api, admin: Api, park: str, kind: str
) -> None:
    things = [await write(ada, park, kind) for _ in range(2)]
    before = (await ada.history(park))["seq"]
    await asyncio.gather(*(hide(api, things[0]) for api in (moderator, admin) * 3))
    assert (await ada.history(park))["seq"] == before + 1
    assert (await ada.call("GET", f"/api/channels/{park}"))["stats"][kind] == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_a_hidden_thing_cannot_be_changed_and_can_be_deleted(
    ada: Api, ben: Api, moderator: Api, park: str, kind: str
) -> None:
    thing = await write(ada, park, kind)
    await hide(moderator, thing)
    edit = {"title": "Other", "comment": "words"}
    assert [await status(api, "PUT", thing["url"], json=edit) for api in (ada, moderator, ben)] == [409, 409, 404]
    assert await status(ben, "DELETE", thing["url"]) == 404
    before = (await ada.history(park))["seq"]
    await ada.call("DELETE", thing["url"], expect=[204])
    assert [await status(api, "GET", thing["url"]) for api in (ada, moderator, ben)] == [410, 410, 410]
    assert await status(moderator, "POST", f"{thing['url']}/restore") == 410
    assert (await ada.history(park))["seq"] == before
    assert (await ada.call("GET", f"/api/channels/{park}"))["stats"][kind] == 0


async def test_sending_a_hidden_post_again_gives_its_author_what_is_there(ada: Api, moderator: Api, park: str) -> None:
    body = {"title": "Wolves", "comment": "Seen.", "client_id": "6d9b3f1a-53c4-4a27-9f51-0c2f4d8f8a11"}
    post = await ada.call("POST", f"/api/channels/{park}/posts", json=body)
    await moderator.call("POST", f"/api/posts/{post['id']}/hide", json=WHY)
    again = await ada.call("POST", f"/api/channels/{park}/posts", json=body, expect=[200])
    assert again["id"] == post["id"] and again["hidden"]["reason"] == WHY["reason"]


async def test_a_hidden_reviews_stars_go_on_counting_and_catch_up(
    ada: Api, ben: Api, moderator: Api, park: str
) -> None:
    review = await write(ada, park, "reviews", stars=5)
    await ben.call("PUT", f"{review['url']}/helpful")
    await moderator.call("PUT", f"{review['url']}/helpful")
    await hide(moderator, review)
    assert (await ben.call("GET", f"/api/channels/{park}/rating"))["histogram"]["5"] == 1
    await ada.call("PUT", f"/api/channels/{park}/rating", json={"stars": 2})
    assert await status(ben, "PUT", f"{review['url']}/helpful") == 404
    await ben.call("DELETE", "/api/auth/me", json={"password": PASSWORD})
    restored = await moderator.call("POST", f"{review['url']}/restore")
    assert (restored["stars"], restored["helpful"]) == (2, 1)
    await hide(moderator, review)
    await ada.call("DELETE", f"/api/channels/{park}/rating")
    assert (await moderator.call("POST", f"{review['url']}/restore"))["stars"] is None


async def test_what_somebody_who_left_wrote_can_be_hidden_and_restored(ada: Api, moderator: Api, park: str) -> None:
    things = [await write(ada, park, kind) for kind in KINDS]
    await hide(moderator, things[0])
    await ada.call("DELETE", "/api/auth/me", json={"password": PASSWORD})
    await hide(moderator, things[1])
    for thing in things:
        restored = await moderator.call("POST", f"{thing['url']}/restore")
        assert restored["author"] == {"username": None, "name": "former member"}


async def test_state_and_events_are_what_a_fresh_history_gives(
    hub: HubProcess, ada: Api, ben: Api, moderator: Api, park: str
) -> None:
    old = [await write(ada, park, kind) for kind in KINDS]
    first = await ben.history(park)
    async with ChannelClient(hub.ws_url, park, history=first) as watcher:
        new = [await write(ben, park, kind, **stars) for kind, stars in zip(KINDS, ({}, {"stars": 4}), strict=True)]
        for thing in (*old, *new):
            await hide(moderator, thing)
        await ben.call("PUT", "/api/auth/me", json={"name": "Ben of the Hills"})
        for thing in (old[0], *new):
            await moderator.call("POST", f"{thing['url']}/restore")
        await hide(moderator, new[0])
        await ada.delete_post(old[0]["id"])
        fresh = await ada.history(park)
        await watcher.wait_for_seq(fresh["seq"])
        watcher.state.presence = None
        assert watcher.state == ChannelState.from_history(fresh)
        assert not watcher.gaps and not watcher.repeats
        assert "hidden" not in str(watcher.applied)


async def test_a_hidden_text_is_in_no_replay_and_in_the_database_only_where_it_was_written(
    start_hub: StartHub, new_api: NewApi
) -> None:
    hub = start_hub()
    ada, staff = new_api(hub.base_url), new_api(hub.base_url)
    await ada.register("ada")
    await staff.register("staff")
    hub.run("user", "role", "staff", "moderator")
    await staff.login("staff")
    start = await ada.history("denali")
    words = {"comment": "wolverine seventeen tarn"}
    things = [await write(ada, "denali", kind, **words) for kind in KINDS]
    await ada.call("PUT", things[0]["url"], json={"title": "Edited", **words})
    for thing in things:
        await hide(staff, thing)
    async with ChannelClient(hub.ws_url, "denali", history=start) as late:
        await late.wait_for_seq(start["seq"] + 5)
        assert "wolverine" not in str(late.frames)
        assert [event["type"] for event in late.applied] == [*["tombstone"] * 3, "post.deleted", "review.deleted"]
    hub.stop()
    with sqlite3.connect(hub.database_path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        logged = connection.execute("SELECT count(*) FROM event_log WHERE event LIKE '%wolverine%'").fetchone()
        kept = connection.execute("SELECT count(*) FROM posts WHERE comment = ?", (words["comment"],)).fetchone()
    connection.close()
    assert (logged[0], kept[0]) == (0, 1)
    assert hub.database_path.read_bytes().count(words["comment"].encode()) == len(things)


async def test_moderators_find_what_is_hidden_the_latest_first(ada: Api, moderator: Api, park: str) -> None:
    things = [await write(ada, park, kind) for kind in (*KINDS, *KINDS)]
    for thing in things:
        await hide(moderator, thing)
    await moderator.call("POST", f"{things[1]['url']}/restore")
    found: list[str] = []
    cursor = None
    while len(found) < 3:
        params = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = await moderator.call("GET", "/api/moderation/hidden", params=params)
        found += [f"/api/{entry['kind']}s/{entry[entry['kind']]['id']}" for entry in page["items"]]
        cursor = page["next"]
    assert found[:3] == [things[n]["url"] for n in (3, 2, 0)]


@pytest.mark.parametrize("kind", KINDS)
async def test_only_moderators_hide_and_restore(ada: Api, ben: Api, guest: Api, park: str, kind: str) -> None:
    thing = await write(ada, park, kind)
    for path in ("hide", "restore"):
        answers = [await status(api, "POST", f"{thing['url']}/{path}", json=WHY) for api in (ada, ben, guest)]
        assert answers == [403, 403, 401]
    for path in ("reports", "reports/count", "hidden", "mutes", "audit"):
        assert [await status(api, "GET", f"/api/moderation/{path}") for api in (ada, guest)] == [403, 401]
    body = {"username": name(ada), "minutes": 5, **WHY}
    assert await status(ben, "POST", "/api/moderation/mutes", json=body) == 403
    assert await status(ben, "DELETE", "/api/moderation/mutes/1") == 403
    assert await status(ben, "POST", "/api/moderation/reports/1/resolve", json={"action": "dismiss"}) == 403


@pytest.mark.parametrize("reason", [None, "", "   ", "x" * 501, 7])
async def test_hiding_and_reporting_need_a_reason(ada: Api, ben: Api, moderator: Api, park: str, reason: Any) -> None:
    post = await write(ada, park, "posts")
    body = {} if reason is None else {"reason": reason}
    assert await status(moderator, "POST", f"{post['url']}/hide", json=body) == 422
    assert await status(ben, "POST", f"{post['url']}/report", json=body) == 422


async def test_a_muted_member_cannot_write_there_and_is_told_until_when_and_why(
    ada: Api, ben: Api, moderator: Api, admin: Api, park: str, unique: Callable[[str], str]
) -> None:
    other = unique("park")
    await admin.call("POST", "/api/channels", json={"slug": other, "name": "Other", "group": "Tests"})
    post, review = [await write(ada, park, kind) for kind in KINDS]
    made = await mute(moderator, ada, channel=park, reason="Calm down first.")
    assert (made["username"], made["channel"], made["by"]) == (name(ada), park, name(moderator))
    text = {"title": "Again", "comment": "and again"}
    for method, path in (
        ("POST", f"/api/channels/{park}/posts"),
        ("POST", f"/api/channels/{park}/reviews"),
        ("PUT", post["url"]),
        ("PUT", review["url"]),
    ):
        answer = await ada.request(method, path, json=text)
        assert answer.status_code == 403 and "Calm down first." in answer.json()["detail"]
        assert f"{datetime.fromisoformat(made['until']):%H:%M} UTC" in answer.json()["detail"]
    place = {"latitude": 63.1, "longitude": -151.2, "expires_in": 900}
    assert await status(ada, "PUT", f"/api/channels/{park}/location", json=place) == 403
    await write(ada, other, "posts")
    await write(ben, park, "posts")
    assert (await ada.call("GET", "/api/moderation/mine"))["mutes"] == [made]
    assert (await moderator.call("GET", "/api/moderation/mutes"))["items"][0] == made
    await ada.call("DELETE", post["url"], expect=[204])
    await moderator.call("DELETE", f"/api/moderation/mutes/{made['id']}", expect=[204])
    assert await status(moderator, "DELETE", f"/api/moderation/mutes/{made['id']}") == 404
    await write(ada, park, "reviews")


async def test_a_mute_without_a_channel_holds_everywhere_and_a_later_one_replaces_it(
    ada: Api, moderator: Api, park: str
) -> None:
    first = await mute(moderator, ada, minutes=60)
    second = await mute(moderator, ada, minutes=5, reason="Shorter.")
    assert second["until"] < first["until"]
    left = datetime.fromisoformat(second["until"]) - datetime.now(UTC)
    assert timedelta(minutes=4) < left <= timedelta(minutes=5)
    assert (await ada.call("GET", "/api/moderation/mine"))["mutes"] == [second]
    for channel in (park, "denali"):
        with pytest.raises(ApiError, match="Shorter"):
            await write(ada, channel, "posts")


async def test_a_mute_ends_by_itself(hub: HubProcess, ada: Api, moderator: Api, park: str) -> None:
    made = await mute(moderator, ada, channel=park)
    with sqlite3.connect(hub.database_path, timeout=5) as connection:
        connection.execute("UPDATE mutes SET until = '2020-01-01T00:00:00.000000Z' WHERE id = ?", (made["id"],))
    connection.close()
    await write(ada, park, "posts")
    assert (await ada.call("GET", "/api/moderation/mine"))["mutes"] == []


async def test_who_is_muted_is_not_shown_as_writing(
    hub: HubProcess, ada: Api, ben: Api, moderator: Api, park: str
) -> None:
    async with (
        ChannelClient(hub.ws_url, park, token=ada.token) as writer,
        ChannelClient(hub.ws_url, park, token=ben.token) as reader,
    ):
        await mute(moderator, ada, channel=park)
        for _ in range(100):
            await writer.send({"type": "typing"})
            await writer.ask({"type": "ping"})
            if writer.errors:
                break
            await asyncio.sleep(0.05)
        assert writer.errors[-1]["code"] == "muted" and "Take a walk." in writer.errors[-1]["message"]
        seen = [frame for frame in reader.frames if frame["type"] == "typing"]
        await writer.send({"type": "typing"})
        await writer.ask({"type": "ping"})
        await reader.ask({"type": "ping"})
        assert [frame for frame in reader.frames if frame["type"] == "typing"] == seen


async def test_nobody_mutes_somebody_of_the_same_rank(ada: Api, moderator: Api, admin: Api) -> None:
    for who, whom, expected in ((moderator, moderator, 403), (moderator, admin, 403), (admin, admin, 403)):
        body = {"username": name(whom), "minutes": 5, **WHY}
        assert await status(who, "POST", "/api/moderation/mutes", json=body) == expected
    made = await mute(admin, moderator)
    await admin.call("DELETE", f"/api/moderation/mutes/{made['id']}")
    for wrong in ({"username": "nobody-here"}, {"channel": "no-such-park"}, {"minutes": 0}, {"minutes": 10**9}):
        body = {"username": name(ada), "minutes": 5, **WHY, **wrong}
        answer = await moderator.request("POST", "/api/moderation/mutes", json=body)
        assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == next(iter(wrong))


async def in_queue(moderator: Api, thing: dict[str, Any]) -> dict[str, Any] | None:
    cursor: str | None = None
    while True:
        params = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = await moderator.call("GET", "/api/moderation/reports", params=params)
        for entry in page["items"]:
            if f"/api/{entry['kind']}s/{entry[entry['kind']]['id']}" == thing["url"]:
                return dict(entry)
        cursor = page["next"]
        if cursor is None:
            return None


@pytest.mark.parametrize("kind", KINDS)
async def test_members_report_a_thing_once_each_and_moderators_find_it_in_the_queue(
    ada: Api, ben: Api, guest: Api, moderator: Api, park: str, kind: str
) -> None:
    thing = await write(ada, park, kind)
    url = f"{thing['url']}/report"
    answers = await asyncio.gather(*(ben.request("POST", url, json=WHY) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    await moderator.call("POST", url, json={"reason": "I agree."}, expect=[201])
    assert [await status(api, "POST", url, json=WHY) for api in (ada, guest)] == [403, 401]
    entry = await in_queue(moderator, thing)
    assert entry is not None and entry[kind[:-1]] == fields_of(thing)
    assert [(one["reporter"]["username"], one["reason"]) for one in entry["reports"]] == [
        (name(ben), WHY["reason"]),
        (name(moderator), "I agree."),
    ]
    assert (await moderator.call("GET", "/api/moderation/reports/count"))["open"] >= 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("action", "left"), [("dismiss", 200), ("hide", 404), ("delete", 410)])
async def test_a_report_is_settled_by_what_the_moderator_decides(
    ada: Api, ben: Api, moderator: Api, park: str, kind: str, action: str, left: int
) -> None:
    thing = await write(ada, park, kind, **({"stars": 1} if kind == "reviews" else {}))
    report = await ben.call("POST", f"{thing['url']}/report", json=WHY)
    url = f"/api/moderation/reports/{report['id']}/resolve"
    if action == "hide":
        assert await status(moderator, "POST", url, json={"action": "hide"}) == 422
    await moderator.call("POST", url, json={"action": action, "reason": "Seen."}, expect=[204])
    assert await in_queue(moderator, thing) is None
    assert await status(ben, "GET", thing["url"]) == left
    assert await status(moderator, "POST", url, json={"action": "dismiss"}) in (409, 410)
    newest = (await moderator.call("GET", "/api/moderation/audit"))["items"][0]
    done = {"dismiss": "report.dismissed", "hide": f"{kind[:-1]}.hidden", "delete": f"{kind[:-1]}.deleted"}[action]
    assert (newest["action"], newest["actor"], newest["member"]) == (done, name(moderator), name(ada))
    assert (newest["channel"], newest["thing_id"]) == (park, thing["id"])


async def test_what_its_author_deletes_leaves_the_queue(ada: Api, ben: Api, moderator: Api, park: str) -> None:
    post = await write(ada, park, "posts")
    await ben.call("POST", f"{post['url']}/report", json=WHY)
    await ada.call("DELETE", post["url"])
    assert await in_queue(moderator, post) is None
    assert await status(ben, "POST", f"{post['url']}/report", json=WHY) == 410


async def test_the_audit_log_tells_what_moderators_did_and_not_what_members_wrote(
    ada: Api, moderator: Api, park: str
) -> None:
    start = (await moderator.call("GET", "/api/moderation/audit", params={"limit": 1}))["items"]
    newest = start[0]["id"] if start else 0
    post = await write(ada, park, "posts", comment="unrepeatable words")
    await ada.call("PUT", post["url"], json={"title": "Mine", "comment": "unrepeatable words"})
    await moderator.call("PUT", post["url"], json={"title": "Calmer", "comment": "unrepeatable words"})
    await hide(moderator, post)
    await moderator.call("POST", f"{post['url']}/restore")
    made = await mute(moderator, ada, channel=park)
    await moderator.call("DELETE", f"/api/moderation/mutes/{made['id']}")
    await moderator.call("DELETE", post["url"])
    page = await moderator.call("GET", "/api/moderation/audit", params={"limit": 6})
    entries = [entry for entry in page["items"] if entry["id"] > newest]
    assert [entry["action"] for entry in reversed(entries)] == [
        "post.edited",
        "post.hidden",
        "post.restored",
        "member.muted",
        "member.unmuted",
        "post.deleted",
    ]
    assert {(entry["actor"], entry["member"], entry["channel"]) for entry in entries} == {
        (name(moderator), name(ada), park)
    }
    assert "unrepeatable" not in str(page)
    older = await moderator.call("GET", "/api/moderation/audit", params={"limit": 1, "cursor": page["next"]})
    assert older["items"][0]["id"] < entries[-1]["id"]


async def test_the_search_does_not_find_what_is_hidden(ada: Api, moderator: Api, park: str) -> None:
    post = await write(ada, park, "posts", comment="A quokkaberry bush in bloom.")

    async def found() -> list[int]:
        page = await ada.call("GET", "/api/search", params={"q": "quokkaberry"})
        return [one["id"] for one in page["items"]]

    assert await found() == [post["id"]]
    await hide(moderator, post)
    assert await found() == []
    await moderator.call("POST", f"{post['url']}/restore")
    assert await found() == [post["id"]]
