"""Both ends of the ranger's way: a stand-in for the model, its bare client, and readers of the hub's websockets.

`python -m bench.ranger_load model PORT` serves; `direct PORT COUNT` and `readers` (a plan on standard input) measure
and print one line of JSON. Every piece begins with the moment it was sent.
"""

import asyncio
import json
import random
import sys
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any

import uvloop
from websockets.asyncio.client import ClientConnection, connect

from hub.gemini import Gemini
from hub.ranger.model import Prompt
from tests.gemini_server import KEY, Call, GeminiServer

PIECES = 40
PAUSE_SECONDS = 0.25


async def _script(call: Call) -> AsyncIterator[str]:
    await asyncio.sleep(random.random() * PAUSE_SECONDS)
    for _ in range(PIECES):
        yield f"{time.monotonic():.6f} and a few words more "
        await asyncio.sleep(PAUSE_SECONDS)


async def serve(port: int) -> None:
    """Be the model until killed."""
    async with GeminiServer(port) as server:
        server.script = _script
        await asyncio.Event().wait()


async def direct(port: int, count: int) -> None:
    """Read `count` answers with the client alone: what no hub can beat."""
    model = Gemini(KEY, "bench", f"127.0.0.1:{port}")
    delays: list[float] = []

    async def read() -> None:
        async for piece in model.answer(Prompt(system="Bench.", question="Go on.")):
            if isinstance(piece, str):
                delays.append(time.monotonic() - float(piece.split(" ", 1)[0]))

    await read()
    delays.clear()
    used = time.process_time()
    await asyncio.gather(*(read() for _ in range(count)))
    _report(delays, cpu_us=(time.process_time() - used) / max(1, len(delays)) * 1e6)
    await model.close()


async def read_all(plan: dict[str, Any]) -> None:
    """Ask in all conversations of the plan at once and read the answers."""
    delays: list[float] = []
    started: list[float] = []

    async def open_socket(conversation: int) -> ClientConnection:
        socket = await connect(f"{plan['url']}/ws/chat/{conversation}", compression=None, proxy=None)
        await socket.send(json.dumps({"type": "hello", "token": plan["token"]}))
        await socket.recv()
        return socket

    async def read(socket: ClientConnection) -> None:
        asked = time.monotonic()
        await socket.send('{"type":"chat.send","text":"Go on."}')
        async for text in socket:
            now = time.monotonic()
            frame = json.loads(text)
            if frame["type"] == "chat.delta":
                delays.append(now - float(frame["text"].split(" ", 1)[0]))
            elif frame["type"] == "chat.started":
                started.append(now - asked)
            elif frame["type"] in ("chat.done", "chat.error"):
                break
        await socket.close()

    sockets = [await open_socket(conversation) for conversation in plan["conversations"]]
    await asyncio.gather(*(read(socket) for socket in sockets))
    _report(delays, started_ms=max(started) * 1e3)


def _report(delays: Sequence[float], **more: float) -> None:
    ranked = sorted(delays)
    p50, p99 = ranked[len(ranked) // 2], ranked[min(len(ranked) - 1, len(ranked) * 99 // 100)]
    print(json.dumps({"pieces": len(ranked), "p50_ms": p50 * 1e3, "p99_ms": p99 * 1e3, **more}))


def main() -> None:
    """Be what the command line says."""
    role, *rest = sys.argv[1:]
    if role == "model":
        uvloop.run(serve(int(rest[0])))
    elif role == "direct":
        uvloop.run(direct(int(rest[0]), int(rest[1])))
    else:
        uvloop.run(read_all(json.load(sys.stdin)))


if __name__ == "__main__":
    main()
