"""Gemini through google-generativeai: the only module that knows the package.

The package's own low-level client is used, because its high-level stream reads one piece ahead. Importing this module
is cheap; the package (74 MB) is loaded when a `Gemini` is made.
"""

import asyncio
import os
import time
import warnings
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from functools import partial
from importlib import import_module
from typing import Any, TypeVar

from hub.ranger.context import data_block
from hub.ranger.model import ErrorCode, Piece, Prompt, RangerError, Turn, Usage

T = TypeVar("T")

FIRST_PIECE_SECONDS = 12.0
NEXT_PIECE_SECONDS = 12.0
ANSWER_SECONDS = 300.0
RETRY_PAUSE_SECONDS = 0.3
LOOPBACK = ("127.0.0.1", "[::1]", "localhost")
_OPTIONS = [
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 3_000),
    ("grpc.keepalive_time_ms", 30_000),
]
_MAX_TOKENS = 2
_SERVICES = "google.ai.generativelanguage_v1beta.services"
_ANSWERS = "generateContent"
_REFUSALS = frozenset((3, 4, 7, 8, 9, 11))
_CODES: dict[str, ErrorCode] = {
    "RESOURCE_EXHAUSTED": "quota",
    "PERMISSION_DENIED": "bad_key",
    "UNAUTHENTICATED": "bad_key",
    "NOT_FOUND": "model_gone",
    # The service is not offered where this hub is, or not without paying for it.
    "FAILED_PRECONDITION": "model_gone",
    "INVALID_ARGUMENT": "refused",
    "UNAVAILABLE": "unreachable",
    "DEADLINE_EXCEEDED": "timeout",
}
_WORTH_A_RETRY = ("UNAVAILABLE", "INTERNAL", "UNKNOWN")


class Gemini:
    """A Gemini model behind the ranger. Used in one event loop.

    `thinking_tokens` are asked for on top of an answer's own: a model that thinks takes them from the same limit.
    """

    name = "Gemini"

    def __init__(self, api_key: str, model: str, endpoint: str = "", thinking_tokens: int = 0) -> None:
        os.environ.setdefault("GRPC_VERBOSITY", "NONE")
        with warnings.catch_warnings():
            # It says at every import that it is no longer developed.
            warnings.simplefilter("ignore", FutureWarning)
            self._genai: Any = import_module("google.generativeai")
            self._grpc: Any = import_module("grpc")
            self._errors: Any = import_module("google.api_core.exceptions")
        self._model = model if "/" in model else f"models/{model}"
        self._api_key = api_key
        self._endpoint = endpoint
        self._thinking_tokens = thinking_tokens
        self._made: Any = None
        self._channel: Any = None

    async def answer(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        """The pieces as they come; see `RangerModel.answer`. Raises RangerError."""
        call, response = await self._begin(self._request(prompt))
        for item in prompt.context:
            if item.source is not None:
                yield item.source
        said = False
        usage = Usage()
        try:
            while response is not self._grpc.aio.EOF:
                text, finish, counts = self._read(response)
                usage = _usage(finish, counts, usage)
                if text:
                    said = True
                    yield text
                if finish in _REFUSALS:
                    raise RangerError("safety", detail=f"finish reason {finish}")
                async with asyncio.timeout(NEXT_PIECE_SECONDS):
                    response = await call.read()
        except TimeoutError:
            raise RangerError("timeout", detail="no next piece") from None
        except self._errors.GoogleAPIError as error:
            raise self._ranger_error(error, begun=said) from None
        finally:
            call.cancel()
        yield usage

    async def models(self) -> list[str]:
        """The names of the models that this key can have answers from. Raises RangerError."""

        async def work(client: Any, **options: Any) -> list[str]:
            found = await client.list_models(page_size=1000, **options)
            return [one.name.removeprefix("models/") async for one in found if _answers(one)]

        return await self._of_models(work)

    async def check_model(self) -> None:
        """Make sure that the key can have answers from the model. Raises RangerError."""

        async def work(client: Any, **options: Any) -> None:
            if not _answers(await client.get_model(name=self._model, **options)):
                raise RangerError("model_gone", detail=f"it has no {_ANSWERS}")

        await self._of_models(work)

    async def _of_models(self, work: Callable[..., Awaitable[T]]) -> T:
        """Do something with a client of the service that knows the models."""
        service = import_module(f"{_SERVICES}.model_service")
        transports = import_module(f"{_SERVICES}.model_service.transports")
        transport = partial(self._over_our_channel, transports.ModelServiceGrpcAsyncIOTransport)
        options = {"api_key": self._api_key, **({"api_endpoint": self._endpoint} if self._endpoint else {})}
        client = service.ModelServiceAsyncClient(transport=transport, client_options=options)
        try:
            async with asyncio.timeout(FIRST_PIECE_SECONDS):
                return await work(client, retry=None, timeout=FIRST_PIECE_SECONDS, metadata=self._key())
        except TimeoutError:
            raise RangerError("unreachable", detail="no list of models") from None
        except self._errors.GoogleAPIError as error:
            raise self._ranger_error(error, begun=False) from None
        finally:
            await client.transport.close()

    async def close(self) -> None:
        """Close the connection."""
        if self._channel is not None:
            await self._channel.close()

    async def _begin(self, request: Any) -> tuple[Any, Any]:
        """The call and its first response; tried twice at most, within FIRST_PIECE_SECONDS."""
        until = time.monotonic() + FIRST_PIECE_SECONDS
        for last in (False, True):
            try:
                async with asyncio.timeout(until - time.monotonic()):
                    return await self._call(request)
            except TimeoutError:
                raise RangerError("timeout" if self._is_connected() else "unreachable", detail="no piece") from None
            except self._errors.GoogleAPIError as error:
                if last or _status(error) not in _WORTH_A_RETRY:
                    raise self._ranger_error(error, begun=False) from None
            await asyncio.sleep(RETRY_PAUSE_SECONDS)
        raise AssertionError("the second try returns or raises")

    async def _call(self, request: Any) -> tuple[Any, Any]:
        call = await self._client().stream_generate_content(
            request, retry=None, timeout=ANSWER_SECONDS, metadata=self._key()
        )
        try:
            return call, await call.read()
        except BaseException:
            call.cancel()
            raise

    def _client(self) -> Any:
        if self._made is None:
            self._genai.configure(
                api_key=self._api_key,
                transport=self._transport,
                client_options={"api_endpoint": self._endpoint} if self._endpoint else None,
            )
            client = import_module("google.generativeai.client")
            self._made = client.get_default_generative_async_client()
        return self._made

    def _key(self) -> tuple[tuple[str, str], ...]:
        """The key as metadata, where there are no channel credentials to carry it."""
        return (("x-goog-api-key", self._api_key),) if self._is_local() else ()

    def _transport(self, **options: Any) -> Any:
        services = import_module(f"{_SERVICES}.generative_service.transports")
        transport = self._over_our_channel(services.GenerativeServiceGrpcAsyncIOTransport, **options)
        self._channel = transport.grpc_channel
        return transport

    def _over_our_channel(self, kind: Any, **options: Any) -> Any:
        """A transport of this class over a channel with our options."""

        def open_channel(host: str, **options: Any) -> Any:
            options["options"] = [*(options.get("options") or ()), *_OPTIONS]
            if self._is_local():
                return self._grpc.aio.insecure_channel(self._endpoint, options=options["options"])
            return kind.create_channel(host, **options)

        return kind(channel=open_channel, **options)

    def _is_local(self) -> bool:
        """Whether the endpoint is on this machine: only then is it spoken to without TLS."""
        return self._endpoint.rpartition(":")[0] in LOOPBACK

    def _is_connected(self) -> bool:
        state = self._grpc.ChannelConnectivity.READY
        return self._channel is not None and self._channel.get_state() == state

    def _request(self, prompt: Prompt) -> Any:
        protos = self._genai.protos
        question = "\n\n".join(filter(None, (data_block(prompt), prompt.question)))
        turns = [*prompt.turns, Turn("user", question)]
        return protos.GenerateContentRequest(
            model=self._model,
            system_instruction=protos.Content(parts=[protos.Part(text=prompt.system)]),
            contents=[
                protos.Content(role="user" if turn.role == "user" else "model", parts=[protos.Part(text=turn.text)])
                for turn in turns
            ],
            generation_config=protos.GenerationConfig(
                temperature=prompt.temperature, max_output_tokens=prompt.max_tokens + self._thinking_tokens
            ),
        )

    def _read(self, response: Any) -> tuple[str, int, Any]:
        """Text, finish reason and token counts of one response. Raises RangerError when the question is refused."""
        raw = type(response).pb(response)
        if raw.prompt_feedback.block_reason:
            raise RangerError("safety", detail=f"block reason {raw.prompt_feedback.block_reason}")
        if not raw.candidates:
            return "", 0, raw.usage_metadata
        candidate = raw.candidates[0]
        return "".join(part.text for part in candidate.content.parts), candidate.finish_reason, raw.usage_metadata

    def _ranger_error(self, error: Any, *, begun: bool) -> RangerError:
        """The error as ours; a stream that breaks is not an unreachable model."""
        status = _status(error)
        code = _CODES.get(status, "failed")
        if status == "INVALID_ARGUMENT":
            code = _what_is_invalid(str(error).lower())
        if begun and code == "unreachable":
            code = "failed"
        return RangerError(code, detail=f"{type(error).__name__} {status}")


async def try_out(gemini: Gemini) -> None:
    """Ask for one word. Raises RangerError when none comes."""
    usage = Usage()
    async with aclosing(gemini.answer(Prompt(system="Answer in one word.", question="Hello?"))) as pieces:
        async for piece in pieces:
            if isinstance(piece, str):
                return
            if isinstance(piece, Usage):
                usage = piece
    raise RangerError("out_of_tokens" if usage.finish == "length" else "empty")


def _answers(model: Any) -> bool:
    return _ANSWERS in model.supported_generation_methods


def _what_is_invalid(message: str) -> ErrorCode:
    """One status stands for a key that is not one, a prompt over the model's limit, and everything else."""
    if "api key" in message or "api_key" in message:
        return "bad_key"
    return "too_long" if "token" in message and ("exceed" in message or "maximum" in message) else "refused"


def _usage(finish: int, counts: Any, before: Usage) -> Usage:
    """Thoughts are paid for like words, and are counted in the total alone: the package is older than they are."""
    said = max(counts.candidates_token_count, counts.total_token_count - counts.prompt_token_count)
    return Usage(
        "length" if finish == _MAX_TOKENS else before.finish,
        counts.prompt_token_count or before.prompt_tokens,
        said or before.answer_tokens,
    )


def _status(error: Any) -> str:
    """The name of the gRPC status of an error of the package's."""
    code = getattr(error, "grpc_status_code", None)
    return "UNKNOWN" if code is None else str(code.name)
