"""Search: what the community wrote is found by its words, and what is deleted is found no more."""

import asyncio
from typing import Any

import pytest

from tests.clients import Api
from tests.conftest import NewApi, StartHub
from tests.services import PostgresCluster


async def found(api: Api, q: str, **params: Any) -> list[dict[str, Any]]:
    page = await api.call("GET", "/api/search", params={"q": q, **params})
    items: list[dict[str, Any]] = page["items"]
    return items


async def test_posts_and_reviews_are_found_by_their_words(ada: Api, guest: Api, park: str) -> None:
    post = await ada.post(park, "Wolverine at the pass", "It crossed the snowfield at noon.")
    review = await ada.call(
        "POST",
        f"/api/channels/{park}/reviews",
        json={"title": "Quiet", "comment": "Dull at first. Then we saw wolverines twice.", "stars": 5},
    )
    hits = await found(guest, "wolverine", channel=park)
    assert [(hit["kind"], hit["id"]) for hit in hits] == [("post", post["id"]), ("review", review["id"])]
    assert hits[0]["author"] == post["author"]
    assert hits[1]["excerpt"] == "Then we saw wolverines twice."


async def test_all_words_of_a_search_must_be_there_in_whatever_form(ada: Api, guest: Api, park: str) -> None:
    post = await ada.post(park, "Crossing", "The rivers were low.")
    assert [hit["id"] for hit in await found(guest, "crossed river", channel=park)] == [post["id"]]
    assert await found(guest, "crossing glacier", channel=park) == []


async def test_a_deleted_post_is_found_no_more(ada: Api, guest: Api, park: str) -> None:
    post = await ada.post(park, "Marmots", "Marmots ate the strap of my pack.")
    assert await found(guest, "marmots strap", channel=park)
    await ada.delete_post(post["id"])
    assert await found(guest, "marmots strap", channel=park) == []


async def test_a_deleted_review_is_found_no_more(ada: Api, guest: Api, park: str) -> None:
    body = {"title": "Ptarmigan", "comment": "All over the slope."}
    review = await ada.call("POST", f"/api/channels/{park}/reviews", json=body)
    assert await found(guest, "ptarmigan", channel=park)
    await ada.call("DELETE", f"/api/reviews/{review['id']}")
    assert await found(guest, "ptarmigan", channel=park) == []


async def test_an_edited_post_is_found_by_what_it_says_now(ada: Api, guest: Api, park: str) -> None:
    post = await ada.post(park, "Lynx", "On the road.")
    await ada.edit_post(post["id"], "Hare", "On the road.")
    assert await found(guest, "lynx", channel=park) == []
    assert [hit["id"] for hit in await found(guest, "hare", channel=park)] == [post["id"]]


async def test_a_deleted_channel_takes_what_was_in_it_out_of_the_search(admin: Api, guest: Api, park: str) -> None:
    await admin.post(park, "Zyzzyvas", "A very rare word.")
    assert await found(guest, "zyzzyvas")
    await admin.call("DELETE", f"/api/channels/{park}")
    assert await found(guest, "zyzzyvas") == []


async def test_pages_follow_each_other_without_holes(ada: Api, guest: Api, park: str) -> None:
    written = {(await ada.post(park, "Tussock", f"Number {n}"))["id"] for n in range(5)}
    seen: list[int] = []
    params: dict[str, Any] = {"q": "tussock", "channel": park, "limit": 2}
    for _ in range(3):
        page = await guest.call("GET", "/api/search", params=params)
        seen += [hit["id"] for hit in page["items"]]
        params["cursor"] = page["next"]
    assert sorted(seen) == sorted(written)
    assert page["next"] is None


@pytest.mark.parametrize(
    "odd",
    [
        "*",
        "\"'():-",
        'title:"x',
        "NEAR(a b)",
        "a AND",
        "🏕️ 🐻",
        "{col}: x",
        "x" * 4_000,
        "a b " * 1_000,
        "%_\\",
        "^snow",
    ],
)
async def test_odd_input_is_only_words(guest: Api, park: str, odd: str) -> None:
    assert await found(guest, odd, channel=park) == []


@pytest.mark.parametrize(
    "params", [{}, {"q": "  "}, {"q": "x" * 4_001}, {"q": "x", "limit": "0"}, {"q": "x", "cursor": "?"}]
)
async def test_what_is_no_search_is_refused(guest: Api, params: dict[str, str]) -> None:
    assert (await guest.request("GET", "/api/search", params=params)).status_code == 422


async def test_an_unknown_channel_is_refused(guest: Api) -> None:
    assert (await guest.request("GET", "/api/search", params={"q": "snow", "channel": "nowhere"})).status_code == 422


async def test_postgresql_finds_the_same(postgres: PostgresCluster, start_hub: StartHub, new_api: NewApi) -> None:
    hub = await asyncio.to_thread(start_hub, database_url=postgres.create_database())
    ada = new_api(hub.base_url)
    await ada.register("ada")
    post = await ada.post("denali", "Wolverine at the pass", "It crossed the snowfield at noon.")
    body = {"title": "Quiet", "comment": "Dull at first. Then we saw wolverines twice.", "stars": 5}
    review = await ada.call("POST", "/api/channels/denali/reviews", json=body)
    hits = await found(ada, "wolverine", channel="denali")
    assert [(hit["kind"], hit["id"]) for hit in hits] == [("post", post["id"]), ("review", review["id"])]
    assert await found(ada, "wolverine glacier") == []
    for odd in ("*", "\"'():-", "a & b | !c", "🏕️ 🐻", "x:*", "\\", "a b " * 1_000):
        assert await found(ada, odd, channel="denali") == []
    await ada.delete_post(post["id"])
    assert [hit["kind"] for hit in await found(ada, "wolverine")] == ["review"]


# What is written, and what somebody types who means it.
SPELLINGS = [
    ("Sunrise in Hawaiʻi", ["Hawaiʻi", "Hawai'i", "Hawai’i", "Hawaii", "HAWAIʻI", "hawai`i"]),
    ("Sunrise in Hawaii", ["Hawaiʻi", "Hawai'i", "Hawai’i", "hawaii"]),
    ("Sunrise in Hawai’i", ["Hawaiʻi", "Hawaii"]),
    ("Haleakalā at dawn", ["haleakala", "Haleakalā", "Haleakala\u0304"]),
    ("The ʻAkaka falls", ["akaka", "'Akaka", "ʻakaka"]),
    ("A cafe in Denali", ["café", "CAFÉ", "cafe\u0301"]),
    ("Smørrebrød by the fire", ["smorrebrod", "SMØRREBRØD"]),
    ("Don’t feed them", ["don't feed", "dont feed", "don’t feed"]),
    ("The Rangers’ cabin", ["rangers", "ranger's cabin"]),
    ("我们在国家公园看到了熊", ["公园", "国家公园", "熊", "看到了熊"]),
    ("デナリ国立公園で熊を見た", ["国立公園", "デナリ", "熊"]),
    ("เราเห็นหมีในอุทยานแห่งชาติ", ["อุทยาน", "หมี", "แห่งชาติ"]),
    ("국립공원에서 곰을 보았다", ["국립공원", "곰"]),
    ("Ｆｕｌｌ width １２３", ["full width", "123"]),
]


@pytest.mark.parametrize(("written", "asked"), SPELLINGS)
async def test_however_it_is_spelled_it_is_found(
    ada: Api, guest: Api, park: str, written: str, asked: list[str]
) -> None:
    in_title = await ada.post(park, written, "Nothing else.")
    in_text = await ada.post(park, "Nothing", f"Before. {written}")
    await ada.post(park, "Another one", "别的 ほかの อื่น 다른 other")
    for words in asked:
        hits = await found(guest, words, channel=park)
        assert [hit["id"] for hit in hits] == [in_title["id"], in_text["id"]], words
    assert hits[0]["title"] == written


async def test_words_that_are_not_there_are_not_found_in_unspaced_texts(ada: Api, guest: Api, park: str) -> None:
    await ada.post(park, "熊", "我们在国家公园看到了熊。เราเห็นหมี")
    for words in ("家国", "狼", "公园里的", "ช้าง"):
        assert await found(guest, words, channel=park) == [], words


async def test_the_excerpt_of_a_long_unspaced_text_has_the_word(ada: Api, guest: Api, park: str) -> None:
    await ada.post(park, "Long", "天气很好" * 200 + "然后来了一只狼獾" + "天气很好" * 200)
    (hit,) = await found(guest, "狼獾", channel=park)
    assert "狼獾" in hit["excerpt"]


async def test_the_ranger_finds_what_is_spelled_otherwise(ada: Api, park: str) -> None:
    await ada.post(park, "Kīlauea", "The Kīlauea overlook in Hawaiʻi opens at five in the morning.")
    chat = await ada.call("POST", "/api/chat/conversations", json={"channel": park})
    path = f"/api/chat/conversations/{chat['id']}/messages"
    asked = await ada.call("POST", path, json={"text": "When does the kilauea overlook open in Hawai'i?"})
    async with asyncio.timeout(20):
        while (answer := await ada.call("GET", f"/api/chat/messages/{asked['answer']}"))["status"] == "streaming":
            await asyncio.sleep(0.05)
    assert "five in the morning" in answer["text"]


async def test_what_changes_or_is_hidden_is_found_as_it_is_now(ada: Api, moderator: Api, guest: Api, park: str) -> None:
    post = await ada.post(park, "One", "wolverines")
    await ada.edit_post(post["id"], "One", "marmots")
    assert await found(guest, "wolverines", channel=park) == []
    assert len(await found(guest, "marmots", channel=park)) == 1
    await moderator.call("POST", f"/api/posts/{post['id']}/hide", json={"reason": "No."})
    assert await found(guest, "marmots", channel=park) == []
    await moderator.call("POST", f"/api/posts/{post['id']}/restore")
    assert len(await found(guest, "marmots", channel=park)) == 1
