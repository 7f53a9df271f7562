"""Answers stream piece by piece, belong to the server, and can be stopped."""

import asyncio
import statistics
import time

import pytest

from tests.clients import Api, ChatClient
from tests.gemini_server import (
    GeminiServer,
    finishes,
    hangs,
    numbered,
    says,
)
from tests.integration.ranger.conftest import conversation_of, stored, strictly
from tests.services import HubProcess

MAX_TOKENS = 2


async def test_an_answer_streams_piece_by_piece(gemini: GeminiServer, chat: ChatClient, ada: Api) -> None:
    gemini.script = says("Pack ", "layers, ", "not weight.")
    answer = await chat.ask("What do I pack?")
    assert answer["text"] == "Pack layers, not weight."
    assert [frame["text"] for frame in chat.of_type("chat.delta")] == ["Pack ", "layers, ", "not weight."]
    kinds = [frame["type"] for frame in chat.frames if frame["type"].startswith("chat.")]
    assert kinds == ["chat.message", "chat.started", *["chat.delta"] * 3, "chat.done"]
    assert [(m["role"], m["text"], m["status"]) for m in await stored(ada, conversation_of(chat))] == [
        ("user", "What do I pack?", "done"),
        ("ranger", "Pack layers, not weight.", "done"),
    ]
    strictly(chat)


async def test_no_piece_waits_for_the_next_one(gemini: GeminiServer, chat: ChatClient) -> None:
    pause = 0.25
    gemini.script = numbered(8, pause)
    await chat.ask("Tell me slowly.")
    sent = gemini.last.sent
    delays = [frame["at"] - sent[frame["text"]] for frame in chat.of_type("chat.delta")]
    assert len(delays) == 8
    assert max(delays) < pause
    assert statistics.median(delays) < 0.05


async def test_the_answer_begins_before_the_model_speaks(gemini: GeminiServer, chat: ChatClient) -> None:
    gemini.script = hangs()
    waits = []
    for number in range(3):
        asked = time.monotonic()
        await chat.request({"type": "chat.send", "text": "Are you there?"})
        waits.append(chat.of_type("chat.started")[number]["at"] - asked)
        await chat.request({"type": "chat.stop"})
        await chat.wait_for(lambda: not chat.streaming)
    assert min(waits) < 0.05


async def test_a_question_over_rest_streams_as_well(gemini: GeminiServer, chat: ChatClient, ada: Api) -> None:
    gemini.script = says("Yes.")
    url = f"/api/chat/conversations/{conversation_of(chat)}/messages"
    response = await ada.request("POST", url, json={"text": "Is it open?"})
    assert response.status_code == 202
    asked = response.json()
    assert (asked["role"], asked["text"]) == ("user", "Is it open?")
    assert (await chat.ended(asked["answer"]))["text"] == "Yes."


async def test_the_same_client_id_asks_once(gemini: GeminiServer, chat: ChatClient, ada: Api) -> None:
    gemini.script = says("Once.")
    calls = len(gemini.calls)
    url = f"/api/chat/conversations/{conversation_of(chat)}/messages"
    question = {"text": "Again?", "client_id": "0a0a0a0a-1111-4222-8333-444444444444"}
    first = await ada.request("POST", url, json=question)
    await chat.ended(first.json()["answer"])
    again = await ada.request("POST", url, json=question)
    assert (first.status_code, again.status_code) == (202, 200)
    assert again.json() == first.json()
    assert len(gemini.calls) == calls + 1


async def test_stop_keeps_the_text_and_ends_the_call(gemini: GeminiServer, chat: ChatClient) -> None:
    gemini.script = numbered(200, pause=0.05)
    ack = await chat.request({"type": "chat.send", "text": "Talk for long."})
    await chat.says("piece-3 ")
    stopped_at = time.monotonic()
    await chat.request({"type": "chat.stop"})
    answer = await chat.ended(ack["data"]["answer"])
    assert answer["status"] == "stopped"
    assert answer["text"].startswith("piece-0 piece-1 piece-2 piece-3 ")
    await asyncio.wait_for(gemini.last.ended.wait(), 2)
    assert gemini.last.cancelled_at is not None
    assert gemini.last.cancelled_at - stopped_at < 1
    strictly(chat)


async def test_a_second_question_meanwhile_is_refused_as_busy(gemini: GeminiServer, chat: ChatClient, ada: Api) -> None:
    gemini.script = hangs(after=1)
    await chat.request({"type": "chat.send", "text": "First."})
    refused = await chat.request({"type": "chat.send", "text": "Second."})
    assert (refused["type"], refused["code"]) == ("error", "busy")
    url = f"/api/chat/conversations/{conversation_of(chat)}/messages"
    assert (await ada.request("POST", url, json={"text": "Third."})).status_code == 409
    await chat.request({"type": "chat.stop"})


async def test_an_answer_goes_on_when_the_asker_leaves(gemini: GeminiServer, chat: ChatClient, ada: Api) -> None:
    gemini.script = numbered(10, pause=0.05)
    ack = await chat.request({"type": "chat.send", "text": "I am going."})
    await chat.says("piece-1 ")
    await chat.drop()
    await asyncio.wait_for(gemini.last.ended.wait(), 5)
    await chat.connect()
    answer = await chat.ended(ack["data"]["answer"])
    assert answer["text"] == "".join(f"piece-{n} " for n in range(10))
    assert gemini.last.cancelled_at is None


async def test_a_reload_in_the_middle_goes_on_where_it_was(gemini: GeminiServer, chat: ChatClient) -> None:
    gemini.script = numbered(20, pause=0.05)
    ack = await chat.request({"type": "chat.send", "text": "I reload."})
    answer = ack["data"]["answer"]
    for number in (3, 8, 13):
        await chat.says(f"piece-{number} ")
        welcome = await chat.reconnect()
        assert welcome["message_id"] == answer
        so_far = next(m["text"] for m in welcome["messages"] if m["id"] == answer)
        assert so_far == "".join(f"piece-{n} " for n in range(welcome["index"]))
    assert (await chat.ended(answer))["text"] == "".join(f"piece-{n} " for n in range(20))
    strictly(chat)


async def test_an_answer_that_was_cut_off_at_its_length_says_so(gemini: GeminiServer, chat: ChatClient) -> None:
    gemini.script = finishes(MAX_TOKENS, "So long", " a story")
    await chat.ask("Tell me a story.")
    assert chat.of_type("chat.done")[0]["finish"] == "length"


async def test_questions_and_answers_are_counted_and_never_logged(
    gemini: GeminiServer, hub: HubProcess, chat: ChatClient, ada: Api
) -> None:
    gemini.script = says("Marmalade answer.")
    await chat.ask("Marmalade question.")
    figures = (await ada.request("GET", "/metrics")).text
    for name in ("hub_chat_questions_total", "hub_chat_pieces_total", "hub_chat_first_piece_seconds_count"):
        assert any(line.startswith(name) and float(line.split()[-1]) > 0 for line in figures.splitlines()), name
    assert 'hub_chat_answers_ended_total{how="done"}' in figures
    assert 'hub_chat_tokens_total{of="answer"}' in figures
    assert "Marmalade" not in hub.log and "FutureWarning" not in hub.log


async def test_the_model_is_asked_as_the_settings_say(gemini: GeminiServer, chat: ChatClient) -> None:
    gemini.script = says("Ok.")
    await chat.ask("Settings?")
    request = gemini.last.request
    assert request.model == "models/gemini-3.5-flash"
    # A model that thinks takes its thoughts from the same limit: 800 for the answer, 2,048 for them.
    assert request.generation_config.max_output_tokens == 2_848
    assert request.generation_config.temperature == pytest.approx(0.4)
    assert "911" in gemini.last.system and "four sentences" in gemini.last.system
