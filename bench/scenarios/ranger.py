"""The ranger: what the hub adds to the way of each piece from the model to the reader, and what it costs."""

import json
import subprocess
import sys
import urllib.request
from contextlib import ExitStack
from typing import Any

from bench import hub
from bench.context import Context
from bench.generator import BenchError
from bench.machine import GENERATOR_CORE, ROOT, SERVER_CORE
from bench.report import Result
from bench.servers import Server, free_port
from tests.gemini_server import KEY

COUNTS = (1, 50, 200)
TIMEOUT_SECONDS = 120


def pieces(context: Context) -> Result:
    """1, 50 and 200 answers of 40 pieces, 4 a second each: the client alone, then through the hub to its readers."""
    result = Result("ranger", "The ranger: from the model's sending of a piece to its reader, 4 pieces/s per answer")
    counts = COUNTS[: context.size(len(COUNTS), 2)]
    with ExitStack() as stack:
        port = free_port()
        model = [sys.executable, "-m", "bench.ranger_load", "model", str(port)]
        stack.enter_context(Server("model", model, [port], core=GENERATOR_CORE))
        settings = {"GEMINI_API_KEY": KEY, "GEMINI_ENDPOINT": f"127.0.0.1:{port}"}
        server = stack.enter_context(hub.Hub().served(settings=settings))
        for _ in range(context.rounds):
            for count in counts:
                alone = _run("direct", str(port), str(count), core=SERVER_CORE)
                _add(result, f"client alone, {count} answers", alone, alone["cpu_us"])
                plan = {"url": f"ws://127.0.0.1:{server.port}", "token": hub.token(server), "conversations": []}
                plan["conversations"] = [_conversation(server, plan["token"]) for _ in range(count)]
                before = server.cpu()
                through = _run("readers", core=GENERATOR_CORE, stdin=json.dumps(plan))
                cpu = (server.cpu() - before) / max(1, through["pieces"]) * 1e6
                _add(result, f"through the hub, {count} answers", through, cpu)
                result.system(f"through the hub, {count} answers").add(**{"started ms": through["started_ms"]})
    most = counts[-1]
    ours, alone = (
        result.system(f"{how}, {most} answers").median("p50 ms") for how in ("through the hub", "client alone")
    )
    result.at_most(f"added to a piece by the hub, median of {most} answers, ms", ours - alone, 2)
    return result


def _add(result: Result, name: str, measured: dict[str, float], cpu_us: float) -> None:
    figures = {"p50 ms": measured["p50_ms"], "p99 ms": measured["p99_ms"], "CPU µs per piece": cpu_us}
    result.system(name).add(**figures)


def _run(*arguments: str, core: int, stdin: str = "") -> dict[str, Any]:
    command = ["taskset", "-c", str(core), sys.executable, "-m", "bench.ranger_load", *arguments]
    done = subprocess.run(
        command, input=stdin, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, cwd=ROOT, check=False
    )
    if done.returncode:
        raise BenchError(f"{arguments[0]} ended with {done.returncode}: {done.stderr.strip()[-300:]}")
    measured: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return measured


def _conversation(server: Server, token: str) -> int:
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.port}/api/chat/conversations",
        data=b"{}",
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        return int(json.load(response)["id"])
