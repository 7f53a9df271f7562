"""What may go wrong: each failure has its code and its words, in time."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from hub.gemini import Gemini
from hub.ranger.model import Prompt, RangerError
from tests.clients import Api, ChatClient
from tests.conftest import NewApi, StartHub
from tests.gemini_server import (
    KEY,
    Call,
    GeminiServer,
    Script,
    blocked,
    finishes,
    hangs,
    refuses,
    says,
)
from tests.integration.ranger.conftest import conversation_of, stored, talk
from tests.services import HubProcess, free_port

SAFETY = 3


@pytest.mark.parametrize(
    ("script", "code", "text"),
    [
        (refuses(grpc.StatusCode.RESOURCE_EXHAUSTED, "quota"), "quota", ""),
        (refuses(grpc.StatusCode.RESOURCE_EXHAUSTED, "quota", after=2), "quota", "piece-0 piece-1 "),
        (blocked, "safety", ""),
        (finishes(SAFETY, "Well, ", ""), "safety", "Well, "),
        (refuses(grpc.StatusCode.INVALID_ARGUMENT, "API key not valid."), "bad_key", ""),
        (refuses(grpc.StatusCode.PERMISSION_DENIED, "no"), "bad_key", ""),
        (refuses(grpc.StatusCode.INTERNAL, "500"), "failed", ""),
        (refuses(grpc.StatusCode.UNAVAILABLE, "broken", after=2), "failed", "piece-0 piece-1 "),
        (refuses(grpc.StatusCode.UNAVAILABLE, "away"), "unreachable", ""),
        (says(), "empty", ""),
    ],
)
async def test_each_failure_has_its_code_and_words(
    gemini: GeminiServer, chat: ChatClient, ada: Api, script: Script, code: str, text: str
) -> None:
    gemini.script = script
    answer = await chat.ask("Will this work?")
    error = chat.of_type("chat.error")[0]
    assert (answer["status"], error["code"], error["text"]) == ("failed", code, text)
    assert len(error["message"]) > 30
    message = (await stored(ada, conversation_of(chat)))[1]
    assert (message["status"], message["text"]) == ("failed", text)
    assert message["problem"] == {"code": code, "message": error["message"]}


async def test_a_passing_failure_is_tried_again_once(gemini: GeminiServer, chat: ChatClient) -> None:
    failed = False

    async def script(call: Any) -> AsyncIterator[str]:
        nonlocal failed
        if not failed:
            failed = True
            async for piece in refuses(grpc.StatusCode.UNAVAILABLE)(call):
                yield piece
        yield "Second try."

    gemini.script = script
    assert (await chat.ask("Try."))["text"] == "Second try."


@pytest.mark.parametrize("text", ["", "   ", "x" * 4001, "bell\u0007"])
async def test_a_question_that_cannot_be_is_refused(chat: ChatClient, ada: Api, text: str) -> None:
    refused = await chat.request({"type": "chat.send", "text": text})
    assert (refused["type"], refused["code"]) == ("error", "invalid")
    url = f"/api/chat/conversations/{conversation_of(chat)}/messages"
    assert (await ada.request("POST", url, json={"text": text})).status_code == 422
    assert await stored(ada, conversation_of(chat)) == []


async def test_limits_say_when_to_try_again(gemini: GeminiServer, start_hub: StartHub, new_api: NewApi) -> None:
    gemini.script = says("Ok.")
    limits = {"HUB_LIMITS": "on", "HUB_CHAT_PER_MINUTE": "2", "HUB_CHAT_PER_DAY": "3", "HUB_CHAT_ALL_PER_DAY": "5"}
    hub = start_hub(settings={**gemini.settings, **limits})
    refusals = []
    for name in ("ann", "bob", "cat"):
        api = new_api(hub.base_url)
        await api.register(name)
        async with await talk(hub, api) as chat:
            answered = 0
            while (ack := await chat.request({"type": "chat.send", "text": "More?"}))["type"] == "ack":
                await chat.ended(ack["data"]["answer"])
                answered += 1
        refusals.append((answered, ack["code"], ack["retry_after"]))
        assert ack["message"].endswith(("second.", "seconds.", "UTC."))
    assert all(code == "too_many" for _, code, _ in refusals)
    assert sum(answered for answered, _, _ in refusals) <= 5
    assert refusals[0][0] in (2, 3)


async def test_an_unreachable_model_is_said_within_fifteen_seconds(start_hub: StartHub, new_api: NewApi) -> None:
    closed = f"127.0.0.1:{free_port()}"
    hub = start_hub(settings={"GEMINI_API_KEY": "any", "GEMINI_ENDPOINT": closed})
    api = new_api(hub.base_url)
    await api.register("ann")
    async with await talk(hub, api) as chat:
        asked = time.monotonic()
        await chat.ask("Hello?")
        assert chat.of_type("chat.error")[0]["code"] == "unreachable"
        assert time.monotonic() - asked < 15


async def test_a_model_that_hangs_is_left_within_fifteen_seconds(
    gemini: GeminiServer, hub: HubProcess, ada: Api
) -> None:
    async def script(call: Call) -> AsyncIterator[str]:
        async for piece in hangs(after=2 if "later" in call.question else 0)(call):
            yield piece

    async def ask(question: str) -> tuple[str, str, float]:
        async with await talk(hub, ada) as chat:
            asked = time.monotonic()
            answer = await chat.ask(question)
            return chat.of_type("chat.error")[0]["code"], answer["text"], time.monotonic() - asked

    async def ask_nobody() -> tuple[str, str, float]:
        with socket.create_server(("127.0.0.1", 0)) as deaf:
            model = Gemini("any", "any", f"127.0.0.1:{deaf.getsockname()[1]}")
            asked = time.monotonic()
            with pytest.raises(RangerError) as refused:
                await anext(model.answer(Prompt(system="", question="Hello?")))
            await model.close()
            return refused.value.code, "", time.monotonic() - asked

    gemini.script = script
    at_once, later, nobody = await asyncio.gather(ask("Hang at once."), ask("Hang later."), ask_nobody())
    assert (at_once[:2], later[:2], nobody[:2]) == (
        ("timeout", ""),
        ("timeout", "piece-0 piece-1 "),
        ("unreachable", ""),
    )
    assert max(at_once[2], later[2], nobody[2]) < 15


async def test_the_doctor_asks_the_model(gemini: GeminiServer, hub: HubProcess) -> None:
    async def examine() -> str:
        return (await asyncio.to_thread(hub.try_run, "doctor")).stdout

    gemini.script = says("Yes.")
    assert "gemini-2.0-flash answers" in await examine()
    gemini.script = refuses(grpc.StatusCode.PERMISSION_DENIED)
    report = await examine()
    assert "make another one" in report
    assert KEY not in report
