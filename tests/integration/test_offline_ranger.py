"""The ranger of a hub without a key: it reads what the community wrote, and forgets what is deleted or hidden."""

import uuid
from typing import Any

from tests.clients import Api, ChatClient
from tests.services import HubProcess


async def answer(hub: HubProcess, api: Api, question: str, channel: str | None = None) -> dict[str, Any]:
    """The ranger's answer, over the websocket."""
    new = {} if channel is None else {"channel": channel}
    made = await api.call("POST", "/api/chat/conversations", json=new, expect=[201])
    async with ChatClient(hub.ws_url, made["id"], api.token) as chat:
        assert chat.welcome["ranger"] == "Offline ranger"
        found: dict[str, Any] = await chat.ask(question)
        return found


def source_kinds(found: dict[str, Any]) -> list[str]:
    return [source["kind"] for source in found["sources"]]


async def test_an_answer_comes_word_by_word_and_names_its_entry(hub: HubProcess, ada: Api) -> None:
    made = await ada.call("POST", "/api/chat/conversations", json={"channel": "denali"}, expect=[201])
    async with ChatClient(hub.ws_url, made["id"], ada.token) as chat:
        found = await chat.ask("How do I store food from bears?")
        assert len(chat.of_type("chat.delta")) > 50
    assert "bear canister" in found["text"]
    assert "offline ranger" in found["text"]
    assert found["sources"][0] == {
        "kind": "handbook",
        "id": "food-storage-bears",
        "title": "Storing food in bear country",
        "href": "/handbook#food-storage-bears",
    }


async def test_what_visitors_wrote_in_the_park_is_quoted_with_a_link(hub: HubProcess, ada: Api, park: str) -> None:
    post = await ada.post(park, "Quokka bus", "The quokka bus leaves at nine.")
    found = await answer(hub, ada, "When does the quokka bus leave?", park)
    assert "A visitor wrote here: “The quokka bus leaves at nine.”" in found["text"]
    assert found["sources"][-1]["href"] == f"/channels/{park}#post-{post['id']}"


async def test_a_review_is_quoted_as_one(hub: HubProcess, ada: Api, park: str) -> None:
    body = {"title": "Numbats", "comment": "Numbats everywhere at dawn.", "stars": 5}
    review = await ada.call("POST", f"/api/channels/{park}/reviews", json=body)
    found = await answer(hub, ada, "Where are numbats?", park)
    assert "A visitor wrote in a review: “Numbats everywhere at dawn.”" in found["text"]
    assert found["sources"][-1]["href"] == f"/channels/{park}?tab=reviews#review-{review['id']}"


async def test_what_is_deleted_is_no_longer_quoted(hub: HubProcess, ada: Api, park: str) -> None:
    post = await ada.post(park, "Quokka bus", "The quokka bus leaves at nine.")
    await ada.delete_post(post["id"])
    found = await answer(hub, ada, "When does the quokka bus leave?", park)
    assert "post" not in source_kinds(found)
    assert "nine" not in found["text"]


async def test_what_is_hidden_is_neither_quoted_nor_found_until_it_is_restored(
    hub: HubProcess, ada: Api, moderator: Api, park: str
) -> None:
    post = await ada.post(park, "Quokka bus", "The quokka bus leaves at nine.")
    search = f"/api/search?q=quokka&channel={park}"
    await moderator.call("POST", f"/api/posts/{post['id']}/hide", json={"reason": "Wrong time."})
    assert (await ada.call("GET", search))["items"] == []
    assert "post" not in source_kinds(await answer(hub, ada, "When does the quokka bus leave?", park))
    await moderator.call("POST", f"/api/posts/{post['id']}/restore")
    assert [hit["id"] for hit in (await ada.call("GET", search))["items"]] == [post["id"]]
    assert "post" in source_kinds(await answer(hub, ada, "When does the quokka bus leave?", park))


async def test_another_parks_posts_are_not_quoted(hub: HubProcess, ada: Api, park: str) -> None:
    await ada.post("acadia", "Bilby", f"The bilby{park} sleeps.")
    assert "post" not in source_kinds(await answer(hub, ada, f"Where is the bilby{park}?", park))
    assert "post" in source_kinds(await answer(hub, ada, f"Where is the bilby{park}?"))


async def test_odd_questions_get_an_answer(hub: HubProcess, ada: Api) -> None:
    for odd in ("*\"'():-", "🏕️🐻", "a" * 4_000, 'bear" OR title:"', str(uuid.uuid4())):
        found = await answer(hub, ada, odd)
        assert (found["status"], bool(found["text"])) == ("done", True)
