"""What may go wrong: each failure has its code and its words, in time."""

import asyncio
import re
import socket
import time
from collections.abc import AsyncIterator
from typing import Any, get_args

import grpc
import httpx
import pytest

from hub.gemini import Gemini
from hub.ranger.model import ErrorCode, Prompt, RangerError
from hub.ranger.problems import problem_of
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
    thinks_too_long,
)
from tests.integration.ranger.conftest import conversation_of, stored, talk
from tests.services import HubProcess, free_port

SAFETY = 3


TOO_LONG = "The input token count (1206000) exceeds the maximum number of tokens allowed (1048576)."
NOWHERE_NEAR = "User location is not supported for the API use."
BAD_KEY = "API key not valid. Please pass a valid API key."
# What the member may hope to have answered at once, and what only another question helps with.
FAILURES: list[tuple[Script, str, str]] = [
    (refuses(grpc.StatusCode.RESOURCE_EXHAUSTED, "quota", after=2), "quota", "piece-0 piece-1 "),
    (refuses(grpc.StatusCode.NOT_FOUND, "gone", after=2), "model_gone", "piece-0 piece-1 "),
    (blocked, "safety", ""),
    (finishes(SAFETY, "Well, ", ""), "safety", "Well, "),
    (refuses(grpc.StatusCode.INVALID_ARGUMENT, TOO_LONG), "too_long", ""),
    (refuses(grpc.StatusCode.INVALID_ARGUMENT, "contents.parts must not be empty."), "refused", ""),
    (refuses(grpc.StatusCode.INTERNAL, "500"), "failed", ""),
    (refuses(grpc.StatusCode.DEADLINE_EXCEEDED, "late"), "timeout", ""),
    (refuses(grpc.StatusCode.UNAVAILABLE, "broken", after=2), "failed", "piece-0 piece-1 "),
    (says(), "empty", ""),
    (thinks_too_long, "out_of_tokens", ""),
]
STANDS_IN: list[tuple[Script, str]] = [
    (refuses(grpc.StatusCode.NOT_FOUND, "models/gemini-3.5-flash is not found for API version v1beta"), "model_gone"),
    (refuses(grpc.StatusCode.FAILED_PRECONDITION, NOWHERE_NEAR), "model_gone"),
    (refuses(grpc.StatusCode.RESOURCE_EXHAUSTED, "quota"), "quota"),
    (refuses(grpc.StatusCode.INVALID_ARGUMENT, BAD_KEY), "bad_key"),
    (refuses(grpc.StatusCode.PERMISSION_DENIED, "no"), "bad_key"),
    (refuses(grpc.StatusCode.UNAUTHENTICATED, "no"), "bad_key"),
    (refuses(grpc.StatusCode.UNAVAILABLE, "away"), "unreachable"),
]


async def counted(hub: HubProcess, how: str) -> float:
    """How many answers ended so, as Prometheus is told."""
    async with httpx.AsyncClient() as client:
        figures = (await client.get(f"{hub.base_url}/metrics")).text
    found = re.search(rf'^hub_chat_answers_ended_total{{how="{how}"}} (\S+)$', figures, re.M)
    return float(found.group(1)) if found else 0.0


@pytest.mark.parametrize(("script", "code", "text"), FAILURES)
async def test_each_failure_has_its_code_its_words_and_its_figure(
    gemini: GeminiServer, hub: HubProcess, chat: ChatClient, ada: Api, script: Script, code: str, text: str
) -> None:
    gemini.script = script
    before = await counted(hub, code)
    answer = await chat.ask("Will this work?")
    error = chat.of_type("chat.error")[0]
    assert (answer["status"], error["code"], error["text"]) == ("failed", code, text)
    assert len(error["message"]) > 30
    message = (await stored(ada, conversation_of(chat)))[1]
    assert (message["status"], message["text"]) == ("failed", text)
    assert message["problem"] == {"code": code, "message": error["message"]}
    assert await counted(hub, code) == before + 1


def test_no_two_failures_have_the_same_words() -> None:
    sentences = [problem_of(code).message for code in (*get_args(ErrorCode), "interrupted")]
    sentences.append(problem_of("safety", "Well,").message)
    assert len(set(sentences)) == len(sentences) == len(get_args(ErrorCode)) + 2


@pytest.mark.parametrize(("script", "code"), STANDS_IN)
async def test_the_offline_ranger_stands_in_says_so_and_goes_when_the_model_is_back(
    gemini: GeminiServer, hub: HubProcess, chat: ChatClient, ada: Api, script: Script, code: str
) -> None:
    gemini.script = script
    before = await counted(hub, code)
    answer = await chat.ask("How do I store food from bears?")
    done = chat.of_type("chat.done")[0]
    assert answer["status"] == "done" and done["problem"]["code"] == code
    assert answer["text"].startswith(f"*{done['problem']['message']}*\n\n")
    assert "offline ranger stands in" in answer["text"] and "bear canister" in answer["text"]
    assert done["sources"][0]["id"] == "food-storage-bears"
    message = (await stored(ada, conversation_of(chat)))[1]
    assert (message["status"], message["problem"]) == ("done", done["problem"])
    assert await counted(hub, code) == before + 1
    gemini.script = says("Here I am again.")
    assert (await chat.ask("And now?"))["text"] == "Here I am again."
    assert chat.of_type("chat.done")[1]["problem"] is None


async def test_a_model_that_was_shut_down_is_stood_in_for_until_it_is_offered_again(
    gemini: GeminiServer, chat: ChatClient
) -> None:
    gemini.script = says("From the model.")
    gemini.withdrawn = {"gemini-3.5-flash"}
    try:
        assert "is not offered any more: the offline ranger stands in." in (await chat.ask("Hello?"))["text"]
    finally:
        gemini.withdrawn = set()
    assert (await chat.ask("Hello?"))["text"] == "From the model."


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


async def test_an_unreachable_model_is_stood_in_for_within_fifteen_seconds(
    start_hub: StartHub, new_api: NewApi
) -> None:
    closed = f"127.0.0.1:{free_port()}"
    hub = start_hub(settings={"GEMINI_API_KEY": "any", "GEMINI_ENDPOINT": closed})
    api = new_api(hub.base_url)
    await api.register("ann")
    async with await talk(hub, api) as chat:
        asked = time.monotonic()
        answer = await chat.ask("Hello?")
        assert "cannot be reached at the moment: the offline ranger stands in." in answer["text"]
        assert chat.of_type("chat.done")[0]["problem"]["code"] == "unreachable"
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


async def examine(hub: HubProcess, **settings: str) -> str:
    return (await asyncio.to_thread(hub.try_run, "doctor", settings=settings)).stdout


async def test_the_doctor_asks_the_model_and_lists_those_there_are(gemini: GeminiServer, hub: HubProcess) -> None:
    gemini.script = says("Yes.")
    report = await examine(hub)
    assert "gemini-3.5-flash answers" in report
    assert "The key can use: gemini-3.5-flash, gemini-3.5-pro." in report and "embedding" not in report
    gemini.script = refuses(grpc.StatusCode.PERMISSION_DENIED)
    report = await examine(hub)
    assert "make another one" in report
    gemini.script = thinks_too_long
    assert "raise HUB_CHAT_THINKING_TOKENS" in await examine(hub)
    assert KEY not in report


async def test_the_doctor_names_a_model_that_is_gone_and_those_that_are_not(
    gemini: GeminiServer, hub: HubProcess
) -> None:
    gemini.script = says("Yes.")
    report = await examine(hub, GEMINI_MODEL="gemini-2.0-flash")
    assert "MEND gemini" in report and "gemini-2.0-flash: the key can use no model of this name" in report
    assert "The key can use: gemini-3.5-flash, gemini-3.5-pro." in report
    assert "it has no generateContent" in await examine(hub, GEMINI_MODEL="text-embedding-004")


async def test_the_doctor_says_when_the_key_is_none(gemini: GeminiServer, hub: HubProcess) -> None:
    report = await examine(hub, GEMINI_API_KEY="another-key")
    assert "bad_key" in report and "make another one" in report
    assert "another-key" not in report
