"""Reviews: text, stars that are their author's rating, helpful votes, and lists in every order."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.clients import PASSWORD, Api, ChannelClient, ChannelState
from tests.services import HubProcess

ORDERS = {
    "newest": lambda review: -review["id"],
    "highest": lambda review: (-(review["stars"] or 0), -review["id"]),
    "lowest": lambda review: (review["stars"] or 6, -review["id"]),
    "helpful": lambda review: (-review["helpful"], -review["id"]),
}


def text(**fields: Any) -> dict[str, Any]:
    return {"title": "Worth it", "comment": "Start early.", **fields}


async def write(api: Api, park: str, **fields: Any) -> dict[str, Any]:
    review: dict[str, Any] = await api.call("POST", f"/api/channels/{park}/reviews", json=text(**fields), expect=[201])
    return review


async def read(api: Api, review: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = await api.call("GET", f"/api/reviews/{review['id']}")
    return found


async def listed(api: Api, park: str, **params: Any) -> dict[str, Any]:
    page: dict[str, Any] = await api.call("GET", f"/api/channels/{park}/reviews", params=params)
    return page


async def rating(api: Api, park: str) -> dict[str, Any]:
    found: dict[str, Any] = await api.call("GET", f"/api/channels/{park}/rating")
    return found


async def status(api: Api, method: str, path: str, **options: Any) -> int:
    return (await api.request(method, path, **options)).status_code


async def test_a_review_has_what_its_author_wrote(ada: Api, guest: Api, park: str) -> None:
    written = await write(ada, park, stars=4, visited_on="2024-07-01", content={"trail": "Rim"})
    assert written == await read(guest, written)
    assert (written["stars"], written["visited_on"], written["content"]) == (4, "2024-07-01", {"trail": "Rim"})
    assert (written["helpful"], written["edited"], written["channel"]) == (0, False, park)


async def test_the_same_client_id_makes_one_review(ada: Api, park: str) -> None:
    client_id = str(uuid.uuid4())
    url = f"/api/channels/{park}/reviews"
    first, *others = await asyncio.gather(
        *(ada.request("POST", url, json=text(stars=3, client_id=client_id)) for _ in range(5))
    )
    assert {answer.json()["id"] for answer in (first, *others)} == {first.json()["id"]}
    assert sorted(answer.status_code for answer in (first, *others)) == [200, 200, 200, 200, 201]
    assert (await rating(ada, park))["count"] == 1
    await ada.call("DELETE", f"/api/reviews/{first.json()['id']}")
    assert await status(ada, "POST", url, json=text(client_id=client_id)) == 410


@pytest.mark.parametrize(
    "wrong",
    [
        {"stars": 0},
        {"stars": 6},
        {"stars": 4.5},
        {"stars": "5"},
        {"visited_on": "2024-02-30"},
        {"visited_on": (datetime.now(UTC) + timedelta(days=3)).date().isoformat()},
        {"title": ""},
        {"comment": "   "},
        {"votes": 7},
    ],
)
async def test_what_is_wrong_with_a_review_is_named(ada: Api, park: str, wrong: dict[str, Any]) -> None:
    answer = await ada.request("POST", f"/api/channels/{park}/reviews", json=text(**wrong))
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == list(wrong)


async def test_only_the_author_and_moderators_change_a_review(ada: Api, ben: Api, moderator: Api, park: str) -> None:
    review = await write(ada, park)
    url = f"/api/reviews/{review['id']}"
    assert await status(ben, "PUT", url, json=text(title="Mine now")) == 403
    assert await status(ben, "DELETE", url) == 403
    edited = await moderator.call("PUT", url, json=text(title="Calmer"))
    assert edited["title"] == "Calmer" and edited["edited"] and edited["author"] == review["author"]
    assert edited["updated_at"] > edited["created_at"] == review["created_at"]
    await moderator.call("DELETE", url, expect=[204])
    assert [await status(ada, method, url, json=text()) for method in ("GET", "PUT", "DELETE")] == [410, 410, 410]


async def test_guests_read_and_members_write(guest: Api, ada: Api, park: str) -> None:
    review = await write(ada, park)
    assert (await listed(guest, park))["items"] == [review]
    assert await status(guest, "POST", f"/api/channels/{park}/reviews", json=text()) == 401
    assert await status(guest, "PUT", f"/api/reviews/{review['id']}/helpful") == 401
    assert await status(ada, "GET", "/api/channels/no-such-park/reviews") == 404
    assert await status(ada, "POST", "/api/channels/no-such-park/reviews", json=text()) == 404


async def test_a_review_with_stars_sets_its_authors_rating(ada: Api, park: str) -> None:
    review = await write(ada, park, stars=2)
    assert (await rating(ada, park)) == {
        "average": 2.0,
        "count": 1,
        "histogram": {"1": 0, "2": 1, "3": 0, "4": 0, "5": 0},
        "mine": 2,
    }
    await ada.call("PUT", f"/api/reviews/{review['id']}", json=text(stars=5))
    assert (await rating(ada, park))["mine"] == 5
    await ada.call("PUT", f"/api/reviews/{review['id']}", json=text())
    assert (await rating(ada, park))["mine"] == 5
    assert (await read(ada, review))["stars"] is None


async def test_reviews_with_stars_follow_their_authors_rating(ada: Api, park: str) -> None:
    first, second, without = await write(ada, park, stars=2), await write(ada, park, stars=3), await write(ada, park)
    assert (await read(ada, first))["stars"] == 3
    await ada.call("PUT", f"/api/channels/{park}/rating", json={"stars": 1})
    assert [(await read(ada, one))["stars"] for one in (first, second, without)] == [1, 1, None]
    await ada.call("DELETE", f"/api/channels/{park}/rating")
    assert [(await read(ada, one))["stars"] for one in (first, second, without)] == [None, None, None]


@pytest.mark.parametrize(("choice", "left"), [("", 4), ("?rating=keep", 4), ("?rating=remove", None)])
async def test_deleting_a_review_leaves_or_removes_the_rating(
    ada: Api, park: str, choice: str, left: int | None
) -> None:
    review = await write(ada, park, stars=4)
    await ada.call("DELETE", f"/api/reviews/{review['id']}{choice}", expect=[204])
    assert (await rating(ada, park))["mine"] == left
    assert await status(ada, "DELETE", f"/api/reviews/{review['id']}?rating=maybe") == 422


async def test_a_helpful_vote_counts_once_and_not_for_oneself(ada: Api, ben: Api, guest: Api, park: str) -> None:
    review = await write(ada, park)
    url = f"/api/reviews/{review['id']}/helpful"
    assert await status(ada, "PUT", url) == 403
    await asyncio.gather(*(ben.call("PUT", url) for _ in range(5)))
    assert await read(ada, review) == {**review, "helpful": 1}
    assert [(await listed(reader, park))["voted"] for reader in (ben, ada, guest)] == [[review["id"]], [], []]
    await ben.call("DELETE", url, expect=[204])
    await ben.call("DELETE", url, expect=[204])
    assert (await read(ada, review))["helpful"] == 0


async def many(authors: list[Api], park: str) -> None:
    for number in range(12):
        await write(authors[number % len(authors)], park, title=f"Review {number}")
    found = (await listed(authors[0], park))["items"]
    for number, review in enumerate(found):
        for voter in authors[: number % 4]:
            await voter.request("PUT", f"/api/reviews/{review['id']}/helpful")


@pytest.mark.parametrize("sort", ORDERS)
async def test_every_order_is_right_and_its_pages_hold_while_others_write(
    ada: Api, ben: Api, moderator: Api, admin: Api, park: str, sort: str
) -> None:
    authors = [ada, ben, moderator, admin]
    await many(authors, park)
    for stars, api in zip((3, 5, 1), authors, strict=False):
        review = next(one for one in (await listed(api, park))["items"] if one["author"]["username"] == name(api))
        await api.call("PUT", f"/api/reviews/{review['id']}", json=text(stars=stars))
    expected = (await listed(ada, park, limit=100, sort=sort))["items"]
    assert len(expected) == 12 and expected == sorted(expected, key=ORDERS[sort])
    seen, cursor = [], None
    while cursor is not None or not seen:
        page = await listed(ada, park, limit=5, sort=sort, **({"cursor": cursor} if cursor else {}))
        seen, cursor = seen + page["items"], page["next"]
        new = await write(ben, park, title="In between")
    known = {review["id"] for review in expected}
    assert [review["id"] for review in seen if review["id"] in known] == [review["id"] for review in expected]
    assert len({review["id"] for review in seen}) == len(seen) and new["id"] not in known


def name(api: Api) -> str:
    assert api.user is not None
    return str(api.user["username"])


async def test_a_cursor_of_another_list_is_refused(ada: Api, park: str) -> None:
    await write(ada, park)
    await write(ada, park)
    cursor = (await listed(ada, park, limit=1, sort="highest"))["next"]
    url = f"/api/channels/{park}/reviews"
    assert await status(ada, "GET", url, params={"cursor": cursor}) == 422
    assert await status(ada, "GET", url, params={"cursor": "nonsense"}) == 422
    assert await status(ada, "GET", url, params={"sort": "oldest"}) == 422


async def test_the_catalogue_counts_reviews(ada: Api, park: str) -> None:
    review = await write(ada, park)
    await write(ada, park)
    assert (await ada.call("GET", f"/api/channels/{park}"))["stats"]["reviews"] == 2
    await ada.call("DELETE", f"/api/reviews/{review['id']}")
    assert (await ada.call("GET", f"/api/channels/{park}"))["stats"]["reviews"] == 1


async def test_who_leaves_takes_ratings_and_votes_along_and_leaves_reviews(ada: Api, ben: Api, park: str) -> None:
    mine, other = await write(ada, park, stars=1), await write(ben, park, stars=5)
    await ada.call("PUT", f"/api/reviews/{other['id']}/helpful")
    await ada.call("DELETE", "/api/auth/me", json={"password": PASSWORD})
    left = await read(ben, mine)
    assert left["author"] == {"username": None, "name": "former member"}
    assert (left["stars"], left["comment"], left["client_id"]) == (None, mine["comment"], None)
    assert (await rating(ben, park))["histogram"] == {"1": 0, "2": 0, "3": 0, "4": 0, "5": 1}
    assert (await read(ben, other))["helpful"] == 0


async def test_a_new_name_shows_on_reviews(ada: Api, park: str) -> None:
    review = await write(ada, park)
    await ada.call("PUT", "/api/auth/me", json={"name": "Ada of the Hills"})
    assert (await read(ada, review))["author"]["name"] == "Ada of the Hills"


async def test_state_and_events_are_what_a_fresh_history_gives(
    hub: HubProcess, ada: Api, ben: Api, moderator: Api, park: str
) -> None:
    old = await write(ada, park, stars=2)
    first = await ben.history(park)
    async with ChannelClient(hub.ws_url, park, history=first) as watcher:
        new = await write(ben, park, stars=5, visited_on="2023-01-31")
        await ada.call("PUT", f"/api/channels/{park}/rating", json={"stars": 4})
        for review in (old, new):
            await moderator.call("PUT", f"/api/reviews/{review['id']}/helpful")
        gone = await write(moderator, park, stars=1)
        await ada.call("PUT", f"/api/reviews/{old['id']}", json=text(title="Second thoughts", stars=3))
        await moderator.call("DELETE", f"/api/reviews/{gone['id']}?rating=remove")
        await moderator.call("DELETE", f"/api/reviews/{old['id']}/helpful")
        await ben.call("DELETE", "/api/auth/me", json={"password": PASSWORD})
        fresh = await ada.history(park)
        await watcher.wait_for_seq(fresh["seq"])
        # Who is here is told by the socket, not by the history.
        watcher.state.presence = None
        assert watcher.state == ChannelState.from_history(fresh)
        assert not watcher.gaps and not watcher.repeats
        assert "mine" not in str([event for event in watcher.applied if event["type"] == "rating.updated"])


async def test_a_deleted_reviews_text_is_in_no_replay(hub: HubProcess, ada: Api, park: str) -> None:
    start = await ada.history(park)
    review = await write(ada, park, comment="unrepeatable words")
    await ada.call("PUT", f"/api/reviews/{review['id']}", json=text(comment="unrepeatable, edited"))
    await ada.call("DELETE", f"/api/reviews/{review['id']}")
    async with ChannelClient(hub.ws_url, park, history=start) as late:
        await late.wait_for_seq(start["seq"] + 3)
        assert "unrepeatable" not in str(late.frames)
        assert [event["type"] for event in late.applied] == ["tombstone", "tombstone", "review.deleted"]


async def test_the_history_tells_a_member_what_is_theirs(ada: Api, ben: Api, guest: Api, park: str) -> None:
    review = await write(ada, park, stars=4)
    await ben.call("PUT", f"/api/reviews/{review['id']}/helpful")
    mine, others, nobodys = [await api.history(park) for api in (ada, ben, guest)]
    assert [one["rating"]["mine"] for one in (mine, others, nobodys)] == [4, None, None]
    assert [one["reviews"]["voted"] for one in (mine, others, nobodys)] == [[], [review["id"]], []]
