"""The package behind Gemini: loaded only with a key, silent, and never without TLS beyond this machine."""

import asyncio
import subprocess
import sys

import pytest

from hub.gemini import Gemini
from hub.ranger.model import ContextItem, Piece, Prompt, RangerError, Source, Usage
from tests.gemini_server import KEY, GeminiServer, numbered, says
from tests.services import ROOT


def python(code: str) -> subprocess.CompletedProcess[str]:
    """Run Python code in a process of its own, with every warning shown."""
    return subprocess.run([sys.executable, "-W", "always", "-c", code], capture_output=True, text=True, cwd=ROOT)


async def pieces(server: GeminiServer, prompt: Prompt) -> list[Piece]:
    model = Gemini(KEY, "gemini-3.5-flash", f"127.0.0.1:{server.port}")
    said = [piece async for piece in model.answer(prompt)]
    await model.close()
    return said


def test_a_hub_without_a_key_does_not_load_the_package() -> None:
    done = python(
        "import sys, hub.app; print([name for name in ('google.generativeai', 'grpc') if name in sys.modules])"
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_the_package_is_loaded_without_its_warning() -> None:
    done = python("from hub.gemini import Gemini; Gemini('key', 'model')")
    assert done.returncode == 0
    assert "FutureWarning" not in done.stderr


@pytest.mark.parametrize("host", ["127.0.0.2", "0.0.0.0"])
async def test_an_endpoint_elsewhere_is_spoken_to_over_tls(host: str) -> None:
    heard: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(64))
        writer.close()

    async with await asyncio.start_server(listen, host, 0) as server:
        model = Gemini("a-secret-key", "any", f"{host}:{server.sockets[0].getsockname()[1]}")
        with pytest.raises(RangerError) as refused:
            await anext(model.answer(Prompt(system="", question="Hello?")))
        await model.close()
    assert refused.value.code == "unreachable"
    assert heard and all(first.startswith(b"\x16\x03") for first in heard), "no TLS ClientHello"
    assert not any(b"a-secret-key" in first for first in heard)


async def test_sources_pieces_and_tokens_are_given() -> None:
    source = Source("post", "7", "Ice", "/channels/zion#post-7")
    prompt = Prompt(
        system="Be brief.",
        question="Ice?",
        context=[ContextItem("park", "Zion", "Red."), ContextItem("post", "Ice", "On the rocks.", source)],
        mark="abc",
    )
    async with GeminiServer() as server:
        server.script = says("Yes, ", "mind it.")
        assert await pieces(server, prompt) == [source, "Yes, ", "mind it.", Usage("stop", 11, 7)]
        assert server.last.system == "Be brief."
        assert server.last.question == (
            "<<<DATA abc\n[park] Zion\nRed.\n\n[post] Ice\nOn the rocks.\nabc DATA>>>\n\nIce?"
        )


async def test_leaving_early_ends_the_call() -> None:
    async with GeminiServer() as server:
        server.script = numbered(100, pause=0.02)
        model = Gemini(KEY, "any", f"127.0.0.1:{server.port}")
        answer = model.answer(Prompt(system="", question="Talk."))
        assert await anext(answer) == "piece-0 "
        await answer.aclose()
        await asyncio.wait_for(server.last.ended.wait(), 2)
        assert server.last.cancelled_at is not None
        await model.close()
