"""State + events = fresh state: whoever applied the events has what a fresh history gives, whatever happened."""

import random
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.clients import PASSWORD, Api, ChannelClient, ChannelState
from tests.conftest import NewApi, StartHub
from tests.services import HubProcess

STEPS = 40


@dataclass
class Story:
    """A channel, its people, and what they have made so far."""

    hub: HubProcess
    park: str
    ada: Api
    ben: Api
    moderator: Api
    admin: Api
    new_api: NewApi
    dice: random.Random = field(default_factory=lambda: random.Random(7))
    posts: list[tuple[Api, int]] = field(default_factory=list)
    reviews: list[tuple[Api, int]] = field(default_factory=list)
    hidden: list[tuple[str, tuple[Api, int]]] = field(default_factory=list)
    leavers: int = 0

    def someone(self) -> Api:
        return self.dice.choice((self.ada, self.ben, self.moderator))

    def words(self) -> dict[str, Any]:
        number = self.dice.randrange(10**6)
        return {"title": f"Title {number}", "comment": f"Comment {number}", "content": {"number": number}}


Action = Callable[[Story], Awaitable[object]]


async def write_post(story: Story) -> None:
    api = story.someone()
    story.posts.append((api, (await api.post(story.park, **story.words()))["id"]))


async def edit_post(story: Story) -> None:
    if story.posts:
        api, post_id = story.dice.choice(story.posts)
        await api.call("PUT", f"/api/posts/{post_id}", json=story.words())


async def moderate_post(story: Story) -> None:
    if story.posts:
        await story.moderator.call("PUT", f"/api/posts/{story.dice.choice(story.posts)[1]}", json=story.words())


async def delete_post(story: Story) -> None:
    if story.posts:
        api, post_id = story.posts.pop(story.dice.randrange(len(story.posts)))
        await api.delete_post(post_id)


async def write_review(story: Story) -> None:
    api = story.someone()
    body = {**story.words(), "stars": story.dice.choice((None, 1, 5)), "visited_on": "2024-07-01"}
    review = await api.call("POST", f"/api/channels/{story.park}/reviews", json=body)
    story.reviews.append((api, review["id"]))


async def edit_review(story: Story) -> None:
    if story.reviews:
        api, review_id = story.dice.choice(story.reviews)
        body = {**story.words(), "stars": story.dice.choice((None, 2, 4))}
        await api.call("PUT", f"/api/reviews/{review_id}", json=body)


async def delete_review(story: Story) -> None:
    if story.reviews:
        api, review_id = story.reviews.pop(story.dice.randrange(len(story.reviews)))
        choice = story.dice.choice(("keep", "remove"))
        await api.call("DELETE", f"/api/reviews/{review_id}?rating={choice}")


async def hide(story: Story) -> None:
    kind = story.dice.choice(("posts", "reviews"))
    shown = story.posts if kind == "posts" else story.reviews
    if shown:
        thing = shown.pop(story.dice.randrange(len(shown)))
        await story.moderator.call("POST", f"/api/{kind}/{thing[1]}/hide", json={"reason": "Too loud."})
        story.hidden.append((kind, thing))


async def restore(story: Story) -> None:
    if not story.hidden:
        await hide(story)
    if story.hidden:
        kind, thing = story.hidden.pop(story.dice.randrange(len(story.hidden)))
        await story.moderator.call("POST", f"/api/{kind}/{thing[1]}/restore")
        (story.posts if kind == "posts" else story.reviews).append(thing)


async def rate(story: Story) -> None:
    stars = {"stars": story.dice.randint(1, 5)}
    await story.someone().call("PUT", f"/api/channels/{story.park}/rating", json=stars)


async def unrate(story: Story) -> None:
    await story.someone().call("DELETE", f"/api/channels/{story.park}/rating")


async def vote(story: Story) -> None:
    if story.reviews:
        voter, (_, review_id) = story.someone(), story.dice.choice(story.reviews)
        method = story.dice.choice(("PUT", "DELETE"))
        await voter.call(method, f"/api/reviews/{review_id}/helpful", expect=(200, 204, 403))


async def add_entries(story: Story) -> None:
    await story.someone().call(
        "POST", "/api/analytics", json={"channel": story.park, "stars": story.dice.randint(1, 5)}
    )


async def rename_author(story: Story) -> None:
    await story.someone().call("PUT", "/api/auth/me", json={"name": f"Name {story.dice.randrange(1000)}"})


async def change_channel(story: Story) -> None:
    body = {"slug": story.park, "name": f"Park {story.dice.randrange(1000)}", "group": "Tests"}
    await story.admin.call("PUT", f"/api/channels/{story.park}", json=body)


async def come_write_and_leave(story: Story) -> None:
    story.leavers += 1
    leaver = story.new_api(story.hub.base_url)
    await leaver.register(f"leaver-{story.park}-{story.leavers}")
    await leaver.post(story.park, **story.words())
    await leaver.call("POST", f"/api/channels/{story.park}/reviews", json={**story.words(), "stars": 3})
    if story.reviews:
        await leaver.call("PUT", f"/api/reviews/{story.dice.choice(story.reviews)[1]}/helpful")
    await leaver.call("DELETE", "/api/auth/me", json={"password": PASSWORD})


ACTIONS: tuple[Action, ...] = (
    write_post,
    edit_post,
    moderate_post,
    delete_post,
    write_review,
    edit_review,
    delete_review,
    hide,
    restore,
    rate,
    unrate,
    vote,
    add_entries,
    rename_author,
    change_channel,
    come_write_and_leave,
)


@pytest.fixture
def story(hub: HubProcess, park: str, ada: Api, ben: Api, moderator: Api, admin: Api, new_api: NewApi) -> Story:
    return Story(hub, park, ada, ben, moderator, admin, new_api)


async def check_same(story: Story, client: ChannelClient, fresh: dict[str, Any]) -> None:
    """What this client has is what somebody who comes now would see."""
    await client.wait_for_seq(fresh["seq"])
    assert not client.gaps and not client.repeats and not client.resyncs
    state, expected = client.state, ChannelState.from_history(fresh)
    if state.channel is not None:
        now = await story.ada.call("GET", f"/api/channels/{story.park}")
        expected.channel = {name: value for name, value in now.items() if name not in ("stats", "online")}
    # Who is here is told by the socket, not by the history.
    state.presence = expected.presence = None
    assert state == expected


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.__name__)
async def test_state_and_the_events_of_an_action_are_a_fresh_state(story: Story, action: Action) -> None:
    for before in (write_post, write_post, write_review, write_review, rate):
        await before(story)
    start = await story.ada.history(story.park)
    async with ChannelClient(story.hub.ws_url, story.park, history=start) as watcher:
        await action(story)
        fresh = await story.ada.history(story.park)
        await check_same(story, watcher, fresh)
    async with ChannelClient(story.hub.ws_url, story.park, history=start) as late:
        assert late.welcome["recovered"]
        await check_same(story, late, fresh)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_from_any_earlier_history_the_events_since_then_give_the_fresh_state(story: Story, seed: int) -> None:
    story.dice = random.Random(seed)
    histories = [await story.ben.history(story.park)]
    for _ in range(STEPS):
        await story.dice.choice(ACTIONS)(story)
        histories.append(await story.ben.history(story.park))
    assert histories[-1]["seq"] > STEPS / 2
    for earlier in histories[:: STEPS // 8]:
        async with ChannelClient(story.hub.ws_url, story.park, history=earlier) as client:
            assert client.welcome["recovered"]
            await check_same(story, client, histories[-1])
            assert len(client.applied) == histories[-1]["seq"] - earlier["seq"]


async def test_what_is_deleted_or_replaced_is_in_no_log_no_replay_and_no_file(
    start_hub: StartHub, new_api: NewApi
) -> None:
    hub = start_hub()
    ada = new_api(hub.base_url)
    await ada.register("ada")
    start = await ada.history("denali")
    deleted = await ada.post("denali", "unrepeatable title", "unrepeatable comment", content={"a": "unrepeatable"})
    await ada.edit_post(deleted["id"], "unrepeatable edit", "also unrepeatable")
    await ada.delete_post(deleted["id"])
    edited = await ada.post("denali", "unrepeatable first try", "x")
    await ada.edit_post(edited["id"], "Better", "words")
    url = "/api/channels/denali/reviews"
    review = await ada.call("POST", url, json={"title": "unrepeatable", "comment": "unrepeatable", "stars": 1})
    await ada.call("DELETE", f"/api/reviews/{review['id']}")
    head = (await ada.history("denali"))["seq"]
    # The first replay comes from memory, the one of the restarted hub from the log.
    for _ in range(2):
        async with ChannelClient(hub.ws_url, "denali", history=start) as late:
            await late.wait_for_seq(head)
            assert late.seqs == list(range(start["seq"] + 1, head + 1))
            assert "unrepeatable" not in str(late.frames)
        hub.stop()
        hub.start()
    hub.stop()
    with sqlite3.connect(hub.database_path) as database:
        rows = database.execute("SELECT event FROM event_log WHERE event LIKE '%unrepeatable%'").fetchall()
    assert rows == []
    for path in hub.database_path.parent.glob(f"{hub.database_path.name}*"):
        assert b"unrepeatable" not in path.read_bytes(), path.name
