"""A local server that speaks Gemini's gRPC wire with the package's own message types, with a clock for each piece.

What it does is scripted per question: a test gives `server.script`, an async generator that yields pieces of text or
whole responses, sleeps, or raises `Refused`.
"""

from __future__ import annotations

import asyncio
import re
import time
import warnings
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, Self

import grpc

with warnings.catch_warnings():
    warnings.simplefilter("ignore", FutureWarning)
    from google.generativeai import protos

KEY = "a-key-that-the-server-takes"
SERVICE = "google.ai.generativelanguage.v1beta.GenerativeService"
MODEL_SERVICE = "google.ai.generativelanguage.v1beta.ModelService"
MODELS = ("gemini-3.5-flash", "gemini-3.5-pro")
EMBEDS = "text-embedding-004"


class Refused(Exception):
    """End the call with a gRPC status."""

    def __init__(self, status: grpc.StatusCode, message: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass
class Call:
    """One call of the hub's."""

    request: Any
    sent: dict[str, float] = field(default_factory=dict)
    cancelled_at: float | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def system(self) -> str:
        return "".join(part.text for part in self.request.system_instruction.parts)

    @property
    def turns(self) -> list[tuple[str, str]]:
        return [(content.role, "".join(part.text for part in content.parts)) for content in self.request.contents]

    @property
    def question(self) -> str:
        """The last message, with the data in front of it."""
        return self.turns[-1][1]


Script = Callable[[Call], AsyncIterator[Any]]


def says(*pieces: str, pause: float = 0.0) -> Script:
    """Send these pieces, `pause` seconds apart."""

    async def script(call: Call) -> AsyncIterator[str]:
        for number, piece in enumerate(pieces):
            if number:
                await asyncio.sleep(pause)
            yield piece

    return script


def numbered(count: int, pause: float) -> Script:
    """Send `count` pieces that are all different."""
    return says(*(f"piece-{number} " for number in range(count)), pause=pause)


def refuses(status: grpc.StatusCode, message: str = "", after: int = 0) -> Script:
    """Send `after` pieces and then end with a status."""

    async def script(call: Call) -> AsyncIterator[str]:
        for number in range(after):
            yield f"piece-{number} "
        raise Refused(status, message)

    return script


def hangs(after: int = 0) -> Script:
    """Send `after` pieces and then nothing any more."""

    async def script(call: Call) -> AsyncIterator[str]:
        for number in range(after):
            yield f"piece-{number} "
        await asyncio.sleep(600)

    return script


def finishes(reason: int, *pieces: str) -> Script:
    """Send these pieces, the last of them with a finish reason."""

    async def script(call: Call) -> AsyncIterator[Any]:
        for piece in pieces[:-1]:
            yield piece
        yield response(pieces[-1] if pieces else "", reason)

    return script


async def blocked(call: Call) -> AsyncIterator[Any]:
    """Refuse the question for safety, as the service does: no candidate, but a reason."""
    yield protos.GenerateContentResponse(prompt_feedback=protos.GenerateContentResponse.PromptFeedback(block_reason=1))


async def thinks_too_long(call: Call) -> AsyncIterator[Any]:
    """Use up all tokens before the first word, as a model that thinks does: no content, and MAX_TOKENS."""
    yield response("", 2)


async def obeys(call: Call) -> AsyncIterator[str]:
    """A model without judgement: it says whatever "SAY:" tells it to, anywhere but inside the data's marks."""
    found = re.search(r"<<<DATA (\w+)", call.system)
    text = "\n".join(text for _, text in call.turns)
    if found is not None:
        mark = found.group(1)
        text = re.sub(rf"<<<DATA {mark}\n.*?\n{mark} DATA>>>", "", text, flags=re.DOTALL)
    order = re.search(r"SAY: (.*)", text)
    yield order.group(1) if order else "I stay with what I know."


def response(text: str, finish: int = 0) -> Any:
    """One response of the service."""
    return protos.GenerateContentResponse(
        candidates=[
            protos.Candidate(
                content=protos.Content(role="model", parts=[protos.Part(text=text)] if text else []),
                finish_reason=finish,
            )
        ],
        usage_metadata=protos.GenerateContentResponse.UsageMetadata(prompt_token_count=11, candidates_token_count=7),
    )


class GeminiServer:
    """Listens on a loopback port; `calls` are those of the hub, in order, and `models` those that it offers.

    A model in `withdrawn` is not found, neither in the list nor to answer.
    """

    def __init__(self, port: int = 0) -> None:
        self.script: Script = says("Fine.")
        self.calls: list[Call] = []
        self.port = port
        self.models = list(MODELS)
        self.withdrawn: set[str] = set()
        self.pages = 0
        self._server: Any = None

    async def __aenter__(self) -> Self:
        self._server = grpc.aio.server()
        handler = grpc.unary_stream_rpc_method_handler(
            self._answer,
            request_deserializer=protos.GenerateContentRequest.deserialize,
            response_serializer=protos.GenerateContentResponse.serialize,
        )
        self._server.add_generic_rpc_handlers(
            (
                grpc.method_handlers_generic_handler(SERVICE, {"StreamGenerateContent": handler}),
                grpc.method_handlers_generic_handler(MODEL_SERVICE, self._model_handlers()),
            )
        )
        self.port = self._server.add_insecure_port(f"127.0.0.1:{self.port}")
        await self._server.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.stop(0)

    @property
    def settings(self) -> dict[str, str]:
        """The settings of a hub that asks this server."""
        return {"GEMINI_API_KEY": KEY, "GEMINI_ENDPOINT": f"127.0.0.1:{self.port}"}

    @property
    def last(self) -> Call:
        return self.calls[-1]

    async def _answer(self, request: Any, context: Any) -> AsyncIterator[Any]:
        call = Call(request)
        self.calls.append(call)
        script = self.script
        try:
            _check_key(context)
            self._check_model(request.model)
            async for piece in script(call):
                if isinstance(piece, str):
                    call.sent[piece] = time.monotonic()
                yield response(piece) if isinstance(piece, str) else piece
        except Refused as refused:
            await context.abort(refused.status, refused.message)
        except asyncio.CancelledError:
            call.cancelled_at = time.monotonic()
            raise
        finally:
            call.ended.set()

    def _check_model(self, name: str) -> None:
        if name.removeprefix("models/") in self.withdrawn:
            raise Refused(
                grpc.StatusCode.NOT_FOUND,
                f"{name} is not found for API version v1beta, or is not supported for generateContent. Call ListModels "
                "to see the list of available models and their supported methods.",
            )

    def _model_handlers(self) -> dict[str, Any]:
        def handler(work: Callable[[Any, Any], Any], asked: Any, answered: Any) -> Any:
            async def answer(request: Any, context: Any) -> Any:
                try:
                    _check_key(context)
                    return work(request, context)
                except Refused as refused:
                    await context.abort(refused.status, refused.message)

            return grpc.unary_unary_rpc_method_handler(
                answer, request_deserializer=asked.deserialize, response_serializer=answered.serialize
            )

        return {
            "GetModel": handler(self._get_model, protos.GetModelRequest, protos.Model),
            "ListModels": handler(self._list_models, protos.ListModelsRequest, protos.ListModelsResponse),
        }

    def _get_model(self, request: Any, context: Any) -> Any:
        self._check_model(request.name)
        if request.name.removeprefix("models/") not in (*self.models, EMBEDS):
            raise Refused(grpc.StatusCode.NOT_FOUND, "Model is not found.")
        return _model(request.name)

    def _list_models(self, request: Any, context: Any) -> Any:
        """One model to a page, and last one that only embeds."""
        self.pages += 1
        names = [name for name in (*self.models, EMBEDS) if name not in self.withdrawn]
        place = int(request.page_token or 0)
        following = str(place + 1) if place + 1 < len(names) else ""
        return protos.ListModelsResponse(models=[_model(f"models/{names[place]}")], next_page_token=following)


def _model(name: str) -> Any:
    methods = ["embedContent"] if name.endswith(EMBEDS) else ["generateContent", "countTokens"]
    return protos.Model(name=name, supported_generation_methods=methods)


def _check_key(context: Any) -> None:
    if dict(context.invocation_metadata()).get("x-goog-api-key") != KEY:
        raise Refused(grpc.StatusCode.INVALID_ARGUMENT, "API key not valid. Please pass a valid API key.")
