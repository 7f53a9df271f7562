"""Posts: written once, read page by page without holes, changed and deleted by those who may."""

import asyncio
import uuid
from typing import Any

import pytest

from tests.clients import Api, ChannelClient, on_worker
from tests.conftest import NewApi, StartHub
from tests.services import HubProcess, RedisServer

TEXT = {"title": "Snow", "comment": "Fresh snow at the pass."}


async def status(api: Api, method: str, path: str, **options: Any) -> int:
    return (await api.request(method, path, **options)).status_code


async def page(api: Api, park: str, **params: Any) -> dict[str, Any]:
    found: dict[str, Any] = await api.call("GET", f"/api/channels/{park}/posts", params=params)
    return found


async def test_a_post_has_what_its_author_wrote(ada: Api, guest: Api, park: str) -> None:
    client_id = str(uuid.uuid4())
    answer = await ada.request(
        "POST",
        f"/api/channels/{park}/posts",
        json={"title": "Snö ❄", "comment": "Line one\nline two", "content": {"km": 12.5}, "client_id": client_id},
    )
    assert answer.status_code == 201
    post = answer.json()
    assert ada.user is not None
    assert post == {
        "id": post["id"],
        "channel": park,
        "author": {"username": ada.user["username"], "name": ada.user["name"]},
        "title": "Snö ❄",
        "comment": "Line one\nline two",
        "content": {"km": 12.5},
        "client_id": client_id,
        "created_at": post["created_at"],
        "updated_at": post["created_at"],
    }
    assert await guest.call("GET", answer.headers["location"]) == post
    assert (await page(guest, park))["items"] == [post]


async def test_the_same_client_id_makes_one_post(ada: Api, park: str) -> None:
    body = {**TEXT, "client_id": str(uuid.uuid4())}
    url = f"/api/channels/{park}/posts"
    answers = await asyncio.gather(*(ada.request("POST", url, json=body) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.text for answer in answers}) == 1
    assert (await ada.history(park))["seq"] == 1
    different = await ada.request("POST", url, json={**body, "title": "Something else"})
    assert (different.status_code, different.text) == (200, answers[0].text)


async def test_the_same_client_id_at_two_workers_at_once_makes_one_post(
    start_hub: StartHub, redis: RedisServer, new_api: NewApi
) -> None:
    hub = start_hub(workers=2, redis=redis)
    ada = new_api(hub.base_url)
    await ada.register("ada")
    body = {**TEXT, "client_id": str(uuid.uuid4())}

    people = [new_api(hub.base_url) for _ in range(12)]
    for number, api in enumerate(people):
        api.token = ada.token
        await on_worker(hub, number % 2, lambda a=api: a.request("GET", "/healthz"))

    async def send(api: Api) -> tuple[int, str]:
        answer = await api.request("POST", "/api/channels/denali/posts", json=body)
        return answer.status_code, answer.text

    answers = await asyncio.gather(*(send(api) for api in people))
    assert sorted(code for code, _ in answers) == [200] * 11 + [201]
    assert len({text for _, text in answers}) == 1


async def test_a_client_id_is_its_members_own(ada: Api, ben: Api, park: str) -> None:
    client_id = str(uuid.uuid4())
    mine = await ada.post(park, client_id=client_id)
    theirs = await ben.post(park, client_id=client_id)
    assert mine["id"] != theirs["id"]


async def test_a_deleted_post_does_not_come_back_by_its_client_id(ada: Api, park: str) -> None:
    client_id = str(uuid.uuid4())
    post = await ada.post(park, client_id=client_id)
    await ada.delete_post(post["id"])
    assert await status(ada, "POST", f"/api/channels/{park}/posts", json={**TEXT, "client_id": client_id}) == 410
    assert (await page(ada, park))["items"] == []


async def test_an_edit_replaces_the_text_and_keeps_the_rest(ada: Api, park: str) -> None:
    post = await ada.post(park, content={"km": 3})
    edited = await ada.edit_post(post["id"], "Rain", "It melted.")
    assert edited["updated_at"] > post["updated_at"]
    assert edited == {
        **post,
        "title": "Rain",
        "comment": "It melted.",
        "content": {},
        "updated_at": edited["updated_at"],
    }
    assert await ada.call("GET", f"/api/posts/{post['id']}") == edited
    with_id = {**TEXT, "client_id": str(uuid.uuid4())}
    assert await status(ada, "PUT", f"/api/posts/{post['id']}", json=with_id) == 422


async def test_only_the_author_and_moderators_change_a_post(
    ada: Api, ben: Api, guest: Api, moderator: Api, park: str
) -> None:
    post = await ada.post(park)
    url = f"/api/posts/{post['id']}"
    before = await ada.history(park)
    for api, expected in ((ben, 403), (guest, 401)):
        assert await status(api, "PUT", url, json=TEXT) == expected
        assert await status(api, "DELETE", url) == expected
    assert await ada.history(park) == before
    edited = await moderator.call("PUT", url, json={"title": "Calmer", "comment": "words"})
    assert (edited["title"], edited["author"]) == ("Calmer", post["author"])
    await moderator.call("DELETE", url, expect=[204])


async def test_a_deleted_post_is_gone(ada: Api, guest: Api, park: str) -> None:
    post = await ada.post(park, "unrepeatable title")
    url = f"/api/posts/{post['id']}"
    await ada.call("DELETE", url, expect=[204])
    assert [await status(ada, method, url, json=TEXT) for method in ("GET", "PUT", "DELETE")] == [410] * 3
    assert "unrepeatable" not in (await guest.request("GET", f"/api/channels/{park}/history")).text
    assert (await page(guest, park))["items"] == []
    assert (await ada.call("GET", f"/api/channels/{park}"))["stats"]["posts"] == 0


@pytest.mark.parametrize("post_id", ["0", "999999999", "9" * 18, "9" * 30, "-1", "x", "1.5", "1%00"])
async def test_a_post_that_never_was_is_not_found(ada: Api, post_id: str) -> None:
    for method in ("GET", "PUT", "DELETE"):
        answer = await ada.request(method, f"/api/posts/{post_id}", json=TEXT)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


async def test_guests_do_not_write_and_nobody_writes_where_nothing_is(guest: Api, ada: Api, park: str) -> None:
    assert await status(guest, "POST", f"/api/channels/{park}/posts", json=TEXT) == 401
    assert await status(ada, "POST", "/api/channels/no-such-park/posts", json=TEXT) == 404
    assert await status(ada, "GET", "/api/channels/no-such-park/posts") == 404


async def test_pages_are_newest_first_and_end(ada: Api, park: str) -> None:
    written = [(await ada.post(park, f"Post {number}"))["id"] for number in range(7)]
    first = await page(ada, park, limit=3)
    second = await page(ada, park, limit=3, cursor=first["next"])
    third = await page(ada, park, limit=3, cursor=second["next"])
    sizes = [len(one["items"]) for one in (first, second, third)]
    assert (sizes, third["next"]) == ([3, 3, 1], None)
    seen = [post["id"] for one in (first, second, third) for post in one["items"]]
    assert seen == sorted(written, reverse=True)
    exact = await page(ada, park, limit=7)
    assert (len(exact["items"]), exact["next"]) == (7, None)


async def test_pages_have_no_holes_and_no_doubles_while_posts_come_and_go(ada: Api, ben: Api, park: str) -> None:
    kept = [(await ada.post(park, f"Post {number}"))["id"] for number in range(30)]
    doomed = [(await ada.post(park, "Doomed"))["id"] for _ in range(5)]
    kept += [(await ada.post(park, "Post"))["id"] for _ in range(5)]
    seen: list[int] = []
    cursor: str | None = None
    while True:
        found = await page(ada, park, limit=4, **({"cursor": cursor} if cursor else {}))
        seen += [post["id"] for post in found["items"]]
        cursor = found["next"]
        if cursor is None:
            break
        await ben.post(park, "In between")
        if doomed:
            await ada.delete_post(doomed.pop())
    assert len(seen) == len(set(seen))
    assert [post_id for post_id in seen if post_id in set(kept)] == sorted(kept, reverse=True)


async def test_deleting_what_a_cursor_stands_on_does_no_harm(ada: Api, park: str) -> None:
    written = [(await ada.post(park))["id"] for _ in range(4)]
    first = await page(ada, park, limit=2)
    await ada.delete_post(first["items"][-1]["id"])
    rest = await page(ada, park, limit=2, cursor=first["next"])
    assert [post["id"] for post in rest["items"]] == [written[1], written[0]]


async def test_content_is_any_json_object_and_comes_back_as_it_was(ada: Api, park: str) -> None:
    content = {
        "text": "❄ \u2028 </script> \\ \" '",
        "numbers": [0, -1, 1.5, 1e-9, 2**53, -(2**53)],
        "nothing": [None, True, False, {}, []],
        "": {"deep": {"deeper": ["deepest"]}},
        "nul": "\u0000",
    }
    post = await ada.post(park, content=content)
    assert post["content"] == content
    assert (await ada.call("GET", f"/api/posts/{post['id']}"))["content"] == content
    assert (await ada.history(park))["posts"]["items"][0]["content"] == content


async def test_a_post_is_told_live_as_rest_gives_it(hub: HubProcess, ada: Api, park: str) -> None:
    async with ChannelClient(hub.ws_url, park, history=await ada.history(park)) as reader:
        post = await ada.post(park, content={"km": 3})
        edited = await ada.edit_post(post["id"], "Rain", "It melted.")
        await ada.delete_post(post["id"])
        await reader.wait_for_seq(3)
    assert [(event["type"], event["data"]) for event in reader.applied] == [
        ("post.created", post),
        ("post.updated", edited),
        ("post.deleted", {"id": post["id"]}),
    ]
    assert {event["channel"] for event in reader.applied} == {park}
