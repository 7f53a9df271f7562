"""Two workers through Redis: what a delivery costs beside one worker in-process."""

import time
from contextlib import ExitStack

from bench import hub
from bench.context import Context
from bench.generator import Generator
from bench.machine import GENERATOR_CORE
from bench.report import Result
from bench.servers import Server, redis

SUBSCRIBERS = 1_000


def two_workers(context: Context) -> Result:
    """CPU per delivery: one worker with 1,000 subscribers, and two with 1,000 each, events published on one."""
    result = Result("redis", "CPU per delivery: two workers through Redis, 1,000 subscribers each, beside one worker")
    guests = {"hellos": [hub.GUEST], "ready": hub.WELCOME}
    with ExitStack() as stack:
        generator = stack.enter_context(Generator())
        broker = stack.enter_context(redis(GENERATOR_CORE))
        url = f"redis://127.0.0.1:{broker.port}"
        alone = stack.enter_context(hub.Hub().worker(name="hub alone"))
        shared = hub.Hub()
        near = stack.enter_context(shared.worker(url, "hub near"))
        far = stack.enter_context(shared.worker(url, "hub far"))
        for name, server in (("alone", alone), ("near", near), ("far", far)):
            generator.open(name, SUBSCRIBERS, server.port, hub.path(), **guests)
        time.sleep(2)
        systems: list[tuple[str, list[Server], list[str]]] = [
            ("one worker, in-process", [alone], ["alone"]),
            ("two workers, Redis", [near, far], ["near", "far"]),
        ]
        for window in (1, 16):
            for round_number in range(context.rounds + 1):
                for name, servers, groups in systems:
                    ms = context.ms(5_000, 1_500) if round_number else 500
                    figures = _cost(generator, servers, groups, window, ms)
                    if round_number:
                        result.system(name).add(**figures)
    for window in (1, 16):
        metric = f"CPU µs per delivery, w={window}"
        if (ratio := result.ratio(metric, "one worker, in-process", "two workers, Redis")) is not None:
            result.at_most(f"{metric}, times one worker's", ratio, 1.15)
    return result


def _cost(generator: Generator, servers: list[Server], groups: list[str], window: int, ms: int) -> dict[str, float]:
    generator.reset(*groups)
    before = sum(server.cpu() for server in servers)
    # The publisher waits for the far worker's subscribers, who hear last.
    report = generator.publish(
        servers[0].ports[1], hub.line(), name=groups[-1], window=window, ms=ms, spin=0, timeout=60
    )
    cpu = sum(server.cpu() for server in servers) - before
    stats = [generator.stats(group) for group in groups]
    deliveries = max(1, sum(each["deliveries"] for each in stats))
    return {
        f"CPU µs per delivery, w={window}": cpu / deliveries * 1e6,
        f"deliveries/s, w={window}": deliveries / report["seconds"],
        f"p99 ms, w={window}": stats[-1]["p99_ms"],
    }
