"""Conversations over REST: versions, edits, deletion, and whose they are."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clients import Api, ChatClient
from tests.conftest import NewApi, StartHub
from tests.gemini_server import (
    GeminiServer,
    hangs,
    says,
)
from tests.integration.ranger.conftest import conversation_of, stored, talk
from tests.services import HubProcess


async def test_the_first_question_gives_the_title(gemini: GeminiServer, chat: ChatClient, ada: Api) -> None:
    gemini.script = says("Fine.")
    await chat.ask("How do I keep\nmy socks dry?")
    url = f"/api/chat/conversations/{conversation_of(chat)}"
    assert chat.of_type("chat.message")[0]["title"] == "How do I keep my socks dry?"
    assert (await ada.call("GET", url))["title"] == "How do I keep my socks dry?"
    renamed = await ada.call("PUT", url, json={"title": "Socks"})
    assert renamed["title"] == "Socks"
    await chat.wait_for(lambda: chat.of_type("chat.renamed"))
    assert (await ada.call("GET", "/api/chat/conversations"))["items"][0]["title"] == "Socks"


async def test_regenerate_keeps_the_earlier_answer_as_a_version(
    gemini: GeminiServer, chat: ChatClient, ada: Api
) -> None:
    gemini.script = says("One.")
    first = await chat.ask("Count.")
    gemini.script = says("Two.")
    ack = await chat.request({"type": "chat.regenerate", "message_id": first["id"]})
    second = await chat.ended(ack["data"]["answer"])
    assert second["question"] == first["question"]
    messages = await stored(ada, conversation_of(chat))
    assert [message["text"] for message in messages] == ["Count.", "Two."]
    assert [(version["id"], version["text"]) for version in messages[1]["earlier"]] == [(first["id"], "One.")]
    assert [text for _, text in gemini.last.turns] == ["Count."]


async def test_editing_a_question_drops_what_followed_and_asks_anew(
    gemini: GeminiServer, chat: ChatClient, ada: Api
) -> None:
    gemini.script = says("Old.")
    first = await chat.ask("First?")
    await chat.ask("Second?")
    gemini.script = says("New.")
    response = await ada.request("PUT", f"/api/chat/messages/{first['question']}", json={"text": "First, better?"})
    assert response.status_code == 202
    await chat.ended(response.json()["answer"])
    messages = await stored(ada, conversation_of(chat))
    assert [(message["id"], message["text"]) for message in messages] == [
        (first["question"], "First, better?"),
        (response.json()["answer"], "New."),
    ]
    assert chat.texts() == ["First, better?", "New."]


async def test_editing_while_the_ranger_answers_ends_that_answer(
    gemini: GeminiServer, chat: ChatClient, ada: Api
) -> None:
    gemini.script = hangs(after=2)
    ack = await chat.request({"type": "chat.send", "text": "Wrong words."})
    await chat.says("piece-1 ")
    old_call = gemini.last
    gemini.script = says("Right.")
    asked = await ada.call("PUT", f"/api/chat/messages/{ack['data']['message_id']}", json={"text": "Right words."})
    assert (await chat.ended(asked["answer"]))["text"] == "Right."
    await asyncio.wait_for(old_call.ended.wait(), 3)
    assert chat.texts() == ["Right words.", "Right."]


async def test_what_was_said_before_goes_along(gemini: GeminiServer, chat: ChatClient) -> None:
    gemini.script = says("Bears are shy.")
    await chat.ask("And bears?")
    await chat.ask("How shy?")
    assert [(role, text) for role, text in gemini.last.turns] == [
        ("user", "And bears?"),
        ("model", "Bears are shy."),
        ("user", "How shy?"),
    ]


async def test_a_conversation_is_its_owners_alone(
    gemini: GeminiServer, hub: HubProcess, chat: ChatClient, ada: Api, ben: Api
) -> None:
    gemini.script = says("Secret.")
    answer = await chat.ask("Keep it between us.")
    conversation = conversation_of(chat)
    paths = [
        ("GET", f"/api/chat/conversations/{conversation}", None),
        ("PUT", f"/api/chat/conversations/{conversation}", {"title": "Mine"}),
        ("DELETE", f"/api/chat/conversations/{conversation}", None),
        ("GET", f"/api/chat/conversations/{conversation}/messages", None),
        ("POST", f"/api/chat/conversations/{conversation}/messages", {"text": "Tell me."}),
        ("GET", f"/api/chat/messages/{answer['id']}", None),
        ("PUT", f"/api/chat/messages/{answer['question']}", {"text": "Mine."}),
        ("DELETE", f"/api/chat/messages/{answer['id']}", None),
        ("POST", f"/api/chat/messages/{answer['id']}/stop", None),
        ("POST", f"/api/chat/messages/{answer['id']}/regenerate", None),
    ]
    for method, path, body in paths:
        theirs = await ben.request(method, path, json=body)
        unknown = await ben.request(method, path.replace(str(conversation), "999999"), json=body)
        assert theirs.status_code == 404, path
        assert unknown.status_code == 404 or "messages/" in path
    assert (await ben.call("GET", "/api/chat/conversations"))["items"] == []
    closings = set()
    for number in (conversation, 999_999):
        stranger = ChatClient(hub.ws_url, number, ben.token)
        with pytest.raises(ConnectionError):
            await stranger.connect()
        closings.add((stranger.close_code, stranger.close_reason))
    assert closings == {(4403, "there is no such conversation of yours")}
    assert len(await stored(ada, conversation)) == 2


async def test_a_guest_is_told_to_log_in(hub: HubProcess, chat: ChatClient, new_api: NewApi) -> None:
    guest = ChatClient(hub.ws_url, conversation_of(chat), None)
    with pytest.raises(ConnectionError):
        await guest.connect()
    assert guest.close_code == 4401
    assert (await new_api(hub.base_url).request("GET", "/api/chat/conversations")).status_code == 401


async def test_logging_out_closes_the_chat(chat: ChatClient, ada: Api) -> None:
    await ada.call("POST", "/api/auth/logout")
    await chat.wait_for(lambda: chat.close_code == 4401, 3)


async def test_deleting_a_conversation_erases_its_text(
    gemini: GeminiServer, hub: HubProcess, chat: ChatClient, ada: Api
) -> None:
    gemini.script = says("The xylophone answer.")
    answer = await chat.ask("The xylophone question.")
    conversation = conversation_of(chat)
    assert (await ada.request("DELETE", f"/api/chat/conversations/{conversation}")).status_code == 204
    await chat.wait_for(lambda: chat.close_code == 4403)
    for path in (f"conversations/{conversation}", f"messages/{answer['id']}"):
        assert (await ada.request("GET", f"/api/chat/{path}")).status_code == 404
    assert b"xylophone" not in hub.database_path.read_bytes()
    assert "xylophone" not in hub.log


async def test_deleting_a_message_takes_its_answer_along(gemini: GeminiServer, chat: ChatClient, ada: Api) -> None:
    gemini.script = says("Gone.")
    first = await chat.ask("Delete me.")
    gemini.script = says("Here.")
    await chat.ask("Keep me.")
    assert (await ada.request("DELETE", f"/api/chat/messages/{first['question']}")).status_code == 204
    await chat.wait_for(lambda: chat.of_type("chat.removed"))
    assert chat.texts() == ["Keep me.", "Here."]
    assert [message["text"] for message in await stored(ada, conversation_of(chat))] == ["Keep me.", "Here."]


async def test_an_earlier_version_can_be_deleted_by_itself(gemini: GeminiServer, chat: ChatClient, ada: Api) -> None:
    gemini.script = says("Embarrassing.")
    first = await chat.ask("Say something.")
    gemini.script = says("Better.")
    ack = await chat.request({"type": "chat.regenerate"})
    await chat.ended(ack["data"]["answer"])
    assert (await ada.request("DELETE", f"/api/chat/messages/{first['id']}")).status_code == 204
    messages = await stored(ada, conversation_of(chat))
    assert [message["text"] for message in messages] == ["Say something.", "Better."]
    assert messages[1]["earlier"] == []


async def test_an_open_window_takes_what_a_restored_backup_holds(
    gemini: GeminiServer, start_hub: StartHub, new_api: NewApi, tmp_path: Path
) -> None:
    gemini.script = says("Kept.")
    hub = start_hub(settings=gemini.settings)
    api = new_api(hub.base_url)
    await api.register("ann")
    chat = await talk(hub, api)
    await chat.connect()
    await chat.ask("Before?")
    hub.run("backup", str(tmp_path / "backup.db"))
    await chat.ask("After?")
    known = max(frame.get("seq", 0) for frame in chat.frames)
    await asyncio.to_thread(hub.stop)
    hub.run("restore", str(tmp_path / "backup.db"))
    await asyncio.to_thread(hub.start)
    await api.login("ann")
    chat.token = api.token
    welcome = await chat.reconnect()
    assert welcome["seq"] > known
    assert chat.texts() == ["Before?", "Kept."]
    await chat.close()


async def test_deleting_the_account_deletes_the_conversations(
    gemini: GeminiServer, hub: HubProcess, new_api: NewApi, unique: Callable[[str], str]
) -> None:
    api = new_api(hub.base_url)
    await api.register(unique("eve"))
    gemini.script = says("The zeppelin answer.")
    async with await talk(hub, api) as chat:
        await chat.ask("The zeppelin question.")
        response = await api.request("DELETE", "/api/auth/me", json={"password": "correct horse battery"})
        assert response.status_code == 204
        await chat.wait_for(lambda: chat.close_code == 4401, 3)
    assert b"zeppelin" not in hub.database_path.read_bytes()


async def test_messages_are_listed_page_by_page(gemini: GeminiServer, chat: ChatClient, ada: Api) -> None:
    gemini.script = says("Ja.")
    for number in range(3):
        await chat.ask(f"Question {number}?")
    url = f"/api/chat/conversations/{conversation_of(chat)}/messages"
    first = await ada.call("GET", url, params={"limit": 4})
    rest = await ada.call("GET", url, params={"limit": 4, "cursor": first["next"]})
    assert [m["text"] for m in first["items"] + rest["items"]][::2] == [f"Question {n}?" for n in range(3)]
    assert rest["next"] is None
