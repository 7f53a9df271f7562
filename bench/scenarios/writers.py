"""REST under load: durable posts, and the history page beside FastAPI with SQLAlchemy."""

from contextlib import ExitStack

from bench import hub
from bench.context import Context
from bench.generator import Generator, Report
from bench.machine import CORES, GENERATOR_CORE
from bench.peers import HERE, PYTHON
from bench.report import Result
from bench.servers import Server, free_port, redis

WRITERS = 64
READERS = 16


def posts(context: Context) -> Result:
    """Durable posts a second from 64 concurrent writers, one worker and two."""
    result = Result("posts", "Durable posts/s over REST, 64 concurrent writers")
    with ExitStack() as stack:
        generator = stack.enter_context(Generator())
        redis_url = f"redis://127.0.0.1:{stack.enter_context(redis(GENERATOR_CORE)).port}"
        cores = ",".join(map(str, CORES))
        systems = {
            "one worker": stack.enter_context(hub.Hub().served()),
            "two workers": stack.enter_context(hub.Hub().served(2, redis_url, cores)),
        }
        for round_number in range(context.rounds + 1):
            for name, server in systems.items():
                ms = context.ms(5_000, 1_500) if round_number else 500
                report = _flood(generator, server, hub.post_request(server), WRITERS, ms)
                if round_number:
                    _note(result, name, report, report["ok"], "posts/s")
    result.at_least("posts/s, one worker", result.system("one worker").median("posts/s"), 3_000)
    result.at_least("posts/s, two workers", result.system("two workers").median("posts/s"), 4_500)
    result.warnings.append("two workers share the second core with the load generator and Redis")
    return result


def history(context: Context) -> Result:
    """The history page of 50 posts, whole and unchanged (304), from the same database file."""
    result = Result("history", "History page of 50 posts: requests/s, and 304s")
    with ExitStack() as stack:
        generator = stack.enter_context(Generator())
        database = hub.Hub(post_count=60)
        systems = {"hub": stack.enter_context(database.served())}
        if "FastAPI" not in context.left_out:
            port = free_port()
            command = [str(PYTHON), str(HERE / "fastapi_app.py"), str(port), str(database.database)]
            systems["FastAPI"] = stack.enter_context(Server("fastapi", command, [port]))
        etags = {name: hub.history(server)[1] for name, server in systems.items()}
        for round_number in range(context.rounds + 1):
            ms = context.ms(3_000, 1_000) if round_number else 500
            for name, server in systems.items():
                whole = _flood(generator, server, hub.history_request(), READERS, ms)
                unchanged = _flood(generator, server, hub.history_request(etags[name]), READERS, ms)
                if round_number:
                    _note(result, name, whole, whole["ok"], "pages/s")
                    result.system(name).add(**{"KB per page": whole["bytes"] / max(1, whole["answered"]) / 1e3})
                    _note(result, name, unchanged, unchanged["not_modified"], "304s/s")
    for metric in ("pages/s", "304s/s"):
        result.ratio_at_least(metric, "FastAPI", 2.0)
    return result


def _flood(generator: Generator, server: Server, request: str, connections: int, ms: int) -> Report:
    return generator.publish(server.port, request, connections=connections, replies=1, ms=ms, spin=0)


def _note(result: Result, name: str, report: Report, good: int, metric: str) -> None:
    result.system(name).add(**{metric: good / report["seconds"], f"{metric}: p99 ms": report["p99_ms"]})
    if good < report["answered"]:
        result.warnings.append(f"{name}: {report['answered'] - good} answers were not what was asked for")
