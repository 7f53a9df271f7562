"""An edit that names what it is based on never replaces something newer; 412 gives what is there."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.clients import PASSWORD, Api, ChannelClient
from tests.services import HubProcess

QUIZ = {"total_points": 40}


async def post_of(api: Api, park: str) -> tuple[str, Any, Any]:
    path = f"/api/posts/{(await api.post(park))['id']}"
    return path, {"title": "One", "comment": "One."}, {"title": "Two", "comment": "Two."}


async def review_of(api: Api, park: str) -> tuple[str, Any, Any]:
    body = {"title": "Fine", "comment": "Fine.", "stars": 3}
    made = await api.call("POST", f"/api/channels/{park}/reviews", json=body)
    return f"/api/reviews/{made['id']}", {**body, "stars": 4}, {**body, "title": "Finer"}


async def entry_of(api: Api, park: str) -> tuple[str, Any, Any]:
    made = await api.call("POST", "/api/analytics", json={"channel": park, "stars": 3})
    return f"/api/analytics/{made['id']}", {"stars": 4}, {"stars": 5}


async def quiz_of(api: Api, park: str) -> tuple[str, Any, Any]:
    made = await api.call("POST", "/api/quiz", json=QUIZ)
    return f"/api/quiz/{made['id']}", QUIZ, {"total_points": 41}


async def account_of(api: Api, park: str) -> tuple[str, Any, Any]:
    return "/api/auth/me", {"name": "Ada One"}, {"name": "Ada Two"}


async def conversation_of(api: Api, park: str) -> tuple[str, Any, Any]:
    made = await api.call("POST", "/api/chat/conversations", json={})
    return f"/api/chat/conversations/{made['id']}", {"title": "One"}, {"title": "Two"}


async def question_of(api: Api, park: str) -> tuple[str, Any, Any]:
    made = await api.call("POST", "/api/chat/conversations", json={})
    asked = await api.call("POST", f"/api/chat/conversations/{made['id']}/messages", json={"text": "Bears?"})
    return f"/api/chat/messages/{asked['id']}", {"text": "Bears at night?"}, {"text": "Wolves?"}


async def rating_of(api: Api, park: str) -> tuple[str, Any, Any]:
    path = f"/api/channels/{park}/rating"
    await api.call("PUT", path, json={"stars": 1})
    return path, {"stars": 2}, {"stars": 3}


async def location_of(api: Api, park: str) -> tuple[str, Any, Any]:
    path = f"/api/channels/{park}/location"
    place = {"latitude": 63.1, "longitude": -151.0, "precision": "exact"}
    await api.call("PUT", path, json=place)
    return path, {**place, "latitude": 63.2}, {**place, "latitude": 63.3}


THINGS = [
    post_of,
    review_of,
    entry_of,
    quiz_of,
    account_of,
    conversation_of,
    question_of,
    rating_of,
    location_of,
]


async def read(api: Api, path: str) -> httpx.Response:
    answer = await api.request("GET", path)
    assert answer.status_code == 200, answer.text
    return answer


@pytest.mark.parametrize("made", THINGS)
async def test_an_edit_based_on_what_is_there_is_taken_and_the_next_on_the_same_is_not(
    ada: Api, park: str, made: Callable[..., Any]
) -> None:
    path, one, two = await made(ada, park)
    base = (await read(ada, path)).headers["etag"]
    assert base == (await read(ada, path)).headers["etag"]
    first = await ada.request("PUT", path, json=one, headers={"If-Match": base})
    assert first.status_code in (200, 202), first.text
    assert first.headers["etag"] != base
    now = await read(ada, path)
    assert now.headers["etag"] == first.headers["etag"]

    confirmed = {"password": PASSWORD} if path == "/api/auth/me" else None
    for method, body in (("PUT", two), ("DELETE", confirmed)):
        late = await ada.request(method, path, json=body, headers={"If-Match": base})
        assert late.status_code == 412, late.text
        assert late.headers["content-type"] == "application/problem+json"
        assert late.headers["etag"] == now.headers["etag"]
        current = late.json()["current"]
        assert {name: now.json()[name] for name in current if name != "status"} == {
            name: value for name, value in current.items() if name != "status"
        }
    assert (await read(ada, path)).headers["etag"] == now.headers["etag"]

    known = f'W/"old", "other,with comma" , {now.headers["etag"]}'
    assert (await ada.request("PUT", path, json=two, headers={"If-Match": known})).status_code in (200, 202)
    assert (await ada.request("PUT", path, json=one, headers={"If-Match": "*"})).status_code in (200, 202)
    assert (await ada.request("PUT", path, json=two)).status_code in (200, 202)


@pytest.mark.parametrize("condition", ["W/{}", '"something else"', "", "nonsense", '"a", "b"', "{}x"])
async def test_a_condition_that_does_not_name_the_version_changes_nothing(ada: Api, park: str, condition: str) -> None:
    post = await ada.post(park)
    path = f"/api/posts/{post['id']}"
    tag = (await read(ada, path)).headers["etag"]
    given = condition.format(tag if condition != "{}x" else tag[:-1])
    before = await ada.history(park)
    answer = await ada.request("PUT", path, json={"title": "B", "comment": "B"}, headers={"If-Match": given})
    assert answer.status_code == 412, given
    assert await ada.history(park) == before


async def test_a_posts_tag_is_when_it_was_changed_so_that_a_list_gives_it_too(ada: Api, park: str) -> None:
    post = await ada.post(park)
    answer = await read(ada, f"/api/posts/{post['id']}")
    assert answer.headers["etag"] == f'"{post["updated_at"]}"'


async def test_a_channel_that_two_admins_change(admin: Api, park: str) -> None:
    path = f"/api/channels/{park}"
    base = (await read(admin, path)).headers["etag"]
    body = {"slug": park, "name": "Another name", "group": "Tests"}
    taken = await admin.request("PUT", path, json=body, headers={"If-Match": base})
    assert taken.status_code == 200
    late = await admin.request("PUT", path, json={**body, "name": "A third"}, headers={"If-Match": base})
    assert late.status_code == 412
    assert late.json()["current"]["name"] == "Another name"
    assert (await admin.request("DELETE", path, headers={"If-Match": base})).status_code == 412
    assert (await admin.request("DELETE", path, headers={"If-Match": late.headers["etag"]})).status_code == 204


async def test_what_others_add_and_who_reads_make_no_other_version(ada: Api, ben: Api, guest: Api, park: str) -> None:
    body = {"title": "Fine", "comment": "Fine.", "stars": 3}
    review = await ada.call("POST", f"/api/channels/{park}/reviews", json=body)
    path = f"/api/reviews/{review['id']}"
    tag = (await read(ada, path)).headers["etag"]
    await ben.call("PUT", f"{path}/helpful")
    await ada.call("PUT", "/api/auth/me", json={"name": "Ada of the hills"})
    for reader in (ada, ben, guest):
        assert (await read(reader, path)).headers["etag"] == tag


async def test_stars_that_follow_ones_rating_make_another_version(ada: Api, park: str) -> None:
    path, _, words = await review_of(ada, park)
    base = (await read(ada, path)).headers["etag"]
    await ada.call("PUT", f"/api/channels/{park}/rating", json={"stars": 5})
    assert (await ada.request("PUT", path, json=words, headers={"If-Match": base})).status_code == 412


async def test_what_is_refused_anyhow_is_refused_for_its_own_reason(ada: Api, ben: Api, guest: Api, park: str) -> None:
    post = await ada.post(park)
    path, old = f"/api/posts/{post['id']}", {"If-Match": '"old"'}
    body = {"title": "B", "comment": "B"}
    assert (await ben.request("PUT", path, json=body, headers=old)).status_code == 403
    assert (await guest.request("PUT", path, json=body, headers=old)).status_code == 401
    assert (await ada.request("PUT", path, json={"title": ""}, headers=old)).status_code == 422
    await ada.delete_post(post["id"])
    assert (await ada.request("PUT", path, json=body, headers=old)).status_code == 410


async def test_of_many_edits_of_one_version_at_once_exactly_one_is_taken(ada: Api, hub: HubProcess, park: str) -> None:
    post = await ada.post(park)
    path = f"/api/posts/{post['id']}"
    for round_ in range(5):
        base = (await read(ada, path)).headers["etag"]
        bodies = [{"title": f"Edit {round_}.{n}", "comment": "Mine."} for n in range(8)]
        edits = [ada.request("PUT", path, json=body, headers={"If-Match": base}) for body in bodies]
        answers = await asyncio.gather(*edits)
        taken = [answer for answer in answers if answer.status_code == 200]
        assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7
        assert (await read(ada, path)).json() == taken[0].json()


async def test_edits_that_share_a_commit_have_each_a_version(ada: Api, park: str) -> None:
    post = await ada.post(park)
    path = f"/api/posts/{post['id']}"
    bodies = [{"title": f"Edit {n}", "comment": "Mine."} for n in range(20)]
    answers = await asyncio.gather(*(ada.request("PUT", path, json=body) for body in bodies))
    assert len({answer.headers["etag"] for answer in answers}) == 20


async def test_a_refused_edit_is_told_to_nobody(hub: HubProcess, ada: Api, park: str) -> None:
    post = await ada.post(park)
    client = ChannelClient(hub.ws_url, park, history=await ada.history(park))
    async with client:
        late = await ada.request(
            "PUT", f"/api/posts/{post['id']}", json={"title": "B", "comment": "B"}, headers={"If-Match": '"old"'}
        )
        assert late.status_code == 412
        await ada.post(park)
        await client.wait_for_type("post.created")
        assert [event["type"] for event in client.applied] == ["post.created"]


async def test_the_description_says_what_can_be_conditional(guest: Api) -> None:
    described = (await guest.call("GET", "/openapi.json"))["paths"]
    for path, methods in described.items():
        if not path.startswith("/api/") or path.endswith("/helpful"):
            continue
        if "put" in methods:
            names = [one["name"] for one in methods["put"]["parameters"]]
            assert "If-Match" in names, path
            assert "412" in methods["put"]["responses"], path
            assert "ETag" in methods["get"]["responses"]["200"]["headers"], path
