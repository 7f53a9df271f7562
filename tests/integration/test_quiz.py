"""The quiz over REST: a guest gets an answer, a member's results are kept, and are nobody else's business."""

import sqlite3
from typing import Any

import pytest

from tests.clients import Api
from tests.clients.rest import PASSWORD
from tests.services import HubProcess


async def answers(api: Api, index: int = 0) -> dict[str, str]:
    asked = await api.call("GET", "/api/quiz/questions")
    return {question["id"]: question["answers"][index]["id"] for question in asked["questions"]}


async def take(api: Api, **body: Any) -> dict[str, Any]:
    result: dict[str, Any] = await api.call("POST", "/api/quiz", json=body, expect=[201])
    return result


async def status(api: Api, method: str, path: str, **options: Any) -> int:
    return (await api.request(method, path, **options)).status_code


async def test_the_questions_say_what_the_answers_give(guest: Api) -> None:
    asked = await guest.call("GET", "/api/quiz/questions")
    assert 8 <= len(asked["questions"]) <= 10
    least = sum(min(answer["points"] for answer in question["answers"]) for question in asked["questions"])
    most = sum(max(answer["points"] for answer in question["answers"]) for question in asked["questions"])
    assert (asked["min_points"], asked["max_points"]) == (least, most)
    assert all(answer["traits"] for question in asked["questions"] for answer in question["answers"])


async def test_a_member_takes_the_quiz_and_finds_the_result_again(ada: Api) -> None:
    assert await status(ada, "GET", "/api/quiz") == 404
    given = await answers(ada)
    result = await take(ada, answers=given)
    assert result["park"] == {"slug": "denali", "name": "Denali"}
    assert result["answers"] == given
    assert [set(match) for match in result["matches"]] == [{"slug", "name", "score", "reasons"}] * 3
    assert await ada.call("GET", "/api/quiz") == result
    assert await ada.call("GET", f"/api/quiz/{result['id']}") == result


async def test_points_alone_are_enough(ada: Api) -> None:
    result = await take(ada, total_points=48)
    assert (result["park"]["slug"], result["total_points"], result["answers"]) == ("buck-island-reef", 48, None)


async def test_the_parks_of_every_result_have_a_channel(guest: Api) -> None:
    for index in range(4):
        result = await guest.call("POST", "/api/quiz", json={"answers": await answers(guest, index)}, expect=[200])
        for slug in (result["park"]["slug"], *(match["slug"] for match in result["matches"])):
            await guest.call("GET", f"/api/channels/{slug}")


async def test_a_guest_gets_a_result_that_is_not_kept(guest: Api, hub: HubProcess) -> None:
    with sqlite3.connect(hub.database_path) as database:
        before = database.execute("SELECT count(*) FROM quiz_results").fetchone()
        result = await guest.call("POST", "/api/quiz", json={"answers": await answers(guest)}, expect=[200])
        assert result["id"] is None
        assert database.execute("SELECT count(*) FROM quiz_results").fetchone() == before
    assert await status(guest, "GET", "/api/quiz") == 401
    assert await status(guest, "GET", "/api/quiz/results") == 401


async def test_all_results_come_page_by_page_newest_first(ada: Api) -> None:
    made = [await take(ada, total_points=points) for points in (12, 24, 36, 48, 30)]
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        params = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = await ada.call("GET", "/api/quiz/results", params=params)
        assert len(page["items"]) <= 2
        found += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == made[::-1]


async def test_a_result_is_replaced_and_deleted(ada: Api) -> None:
    first = await take(ada, total_points=12)
    changed = await ada.call("PUT", f"/api/quiz/{first['id']}", json={"answers": await answers(ada, 2)})
    assert (changed["id"], changed["park"]["slug"]) == (first["id"], "redwood")
    assert (changed["created_at"], changed["updated_at"] > first["updated_at"]) == (first["created_at"], True)
    assert await ada.call("GET", "/api/quiz") == changed
    await ada.call("DELETE", f"/api/quiz/{first['id']}", expect=[204])
    assert await status(ada, "GET", f"/api/quiz/{first['id']}") == 404
    assert await status(ada, "DELETE", f"/api/quiz/{first['id']}") == 404


async def test_nobody_else_can_see_change_or_delete_it(ada: Api, ben: Api, moderator: Api) -> None:
    result = await take(ada, total_points=12)
    path = f"/api/quiz/{result['id']}"
    for other in (ben, moderator):
        assert await status(other, "GET", path) == 404
        assert await status(other, "PUT", path, json={"total_points": 48}) == 404
        assert await status(other, "DELETE", path) == 404
        assert (await other.call("GET", "/api/quiz/results"))["items"] == []
    assert await ada.call("GET", path) == result


async def test_results_go_with_the_account(ada: Api, hub: HubProcess) -> None:
    result = await take(ada, total_points=12)
    await ada.call("DELETE", "/api/auth/me", json={"password": PASSWORD})
    with sqlite3.connect(hub.database_path) as database:
        assert database.execute("SELECT 1 FROM quiz_results WHERE id = ?", (result["id"],)).fetchone() is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "answers"),
        ({"total_points": 11}, "total_points"),
        ({"total_points": 49}, "total_points"),
        ({"total_points": 10**30}, "total_points"),
        ({"total_points": "20"}, "total_points"),
        ({"total_points": 20.5}, "total_points"),
        ({"total_points": True}, "total_points"),
        ({"answers": {}}, "answers.landscape"),
        ({"answers": ["heights"]}, "answers"),
        ({"answers": {"landscape": "moon"}}, "answers.landscape"),
        ({"answers": {"mood": "good"}}, "answers"),
        ({"total_points": 20, "answers": {"landscape": "heights"}}, "answers"),
        ({"total_points": 20, "park": "denali"}, "park"),
    ],
)
async def test_what_the_quiz_cannot_take_is_refused_and_named(ada: Api, body: Any, field: str) -> None:
    refused = await ada.call("POST", "/api/quiz", json=body, expect=[422])
    assert field in {error["field"] for error in refused["errors"]}
    assert await status(ada, "GET", "/api/quiz") == 404
