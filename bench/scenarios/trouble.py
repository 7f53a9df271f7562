"""Bad days: everybody reconnects at once, some read nothing, one stops reading for a while."""

import time
from contextlib import ExitStack

from bench import hub
from bench.context import Context, check
from bench.generator import Generator
from bench.report import Result
from bench.servers import Server

OTHERS = 200


def storm(context: Context) -> Result:
    """5,000 sockets come back at once, each with 50 events to catch up on, while 200 others go on reading."""
    result = Result("storm", "5,000 sockets reconnect at once with `since`, 50 missed events each")
    count = context.size(5_000, 2_000)
    for _ in range(context.size(3, 1)):
        with Generator() as generator, hub.Hub().worker() as server:
            _storm(generator, server, count, result)
    us = result.system("hub")
    result.at_most("all whole, s", us.median("all whole, s"), 5)
    result.at_most("the others' p99, ms", us.median("others' p99 ms"), 250)
    result.at_most("sockets with a gap or a repeat", max(us.runs["gaps and repeats"]), 0)
    return result


def _storm(generator: Generator, server: Server, count: int, result: Result) -> None:
    generator.open("others", OTHERS, server.port, hub.path(1), hellos=[hub.GUEST], ready=hub.WELCOME)
    generator.open("one", 1, server.port, hub.path(), hellos=[hub.GUEST], ready=hub.WELCOME)
    generator.publish(server.ports[1], hub.line(), name="one", window=1, count=20, ms=10_000)
    page, _ = hub.history(server)
    generator.publish(server.ports[1], hub.line(), name="one", window=1, count=50, ms=10_000)
    time.sleep(1.5)
    generator.reset("others")
    generator.start_publish(server.ports[1], hub.line(1), name="others", rate=50, ms=6_000, spin=0)
    time.sleep(0.5)
    before = server.cpu()
    generator.start_open(
        "storm",
        count,
        server.port,
        hub.path(),
        hellos=[hub.resume(page["seq"], page["epoch"])],
        ready=hub.WELCOME,
        inflight=count,
        check=1,
        since=page["seq"],
        want=50,
    )
    opened = generator.opened("storm", count)
    whole = generator.wait("whole", name="storm")
    cpu = server.cpu() - before
    check(generator.wait("published"), result, "hub")
    stats, others = generator.stats("storm"), generator.stats("others")
    result.system("hub").add(
        **{
            "all greeted, s": opened["seconds"],
            "all whole, s": whole["seconds"],
            "server CPU µs per socket": cpu / count * 1e6,
            "others' p50 ms": others["p50_ms"],
            "others' p99 ms": others["p99_ms"],
            "gaps and repeats": stats["gaps"] + stats["repeats"] + abs(stats["deliveries"] - 50 * count),
            "not recovered": count - stats["recovered"],
        }
    )


def slow_readers(context: Context) -> Result:
    """1 in 100 subscribers reads nothing: what that does to the others, beside a channel where all read."""
    result = Result("slow", "1 in 100 subscribers reads nothing (3.3 KB events, 200 a second)")
    seconds = context.size(40, 8)
    with ExitStack() as stack:
        generator = stack.enter_context(Generator())
        server = stack.enter_context(hub.Hub().worker())
        guests = {"hellos": [hub.GUEST], "ready": hub.WELCOME}
        generator.open("all", 1_000, server.port, hub.path(0), **guests)
        generator.open("read", 990, server.port, hub.path(1), **guests)
        generator.open("deaf", 10, server.port, hub.path(1), receive_buffer=4096, **guests)
        generator.say("stall", name="deaf")
        for group, channel, name in (("all", 0, "all read"), ("read", 1, "1 in 100 reads nothing")):
            generator.reset(group)
            before, most = server.memory(), 0
            generator.start_publish(
                server.ports[1], hub.line(channel, "x" * 3_000), name=group, rate=200, ms=seconds * 1000
            )
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                time.sleep(0.5)
                most = max(most, server.memory())
            check(generator.wait("published"), result, name)
            stats = generator.stats(group)
            result.system(name).add(
                **{"p50 ms": stats["p50_ms"], "p99 ms": stats["p99_ms"], "memory growth MB": (most - before) / 1e6}
            )
        generator.say("resume", name="deaf")
        time.sleep(1)
        deaf = generator.stats("deaf")
        result.system("1 in 100 reads nothing").add(**{"closed as too slow": deaf["closed"]})
        if deaf["closed"]:
            result.warnings.append(f"the sockets that read nothing were closed with {deaf['close_code']}")
    ratio = result.ratio("p99 ms", "all read", "1 in 100 reads nothing")
    result.at_most("the others' p99, times that without them", ratio or 0, 1.2)
    return result


def pause(context: Context) -> Result:
    """A phone that stops reading for 20 s and comes back has everything, once."""
    result = Result("pause", "A phone stops reading for 20 s and comes back (3.3 KB events, 40 a second)")
    seconds = context.size(20, 4)
    with Generator() as generator, hub.Hub().worker() as server:
        guests = {"hellos": [hub.GUEST], "ready": hub.WELCOME}
        generator.open("others", 100, server.port, hub.path(), **guests)
        generator.open("phone", 1, server.port, hub.path(), check=1, receive_buffer=4096, **guests)
        generator.say("stall", name="phone")
        report = generator.publish(server.ports[1], hub.line(0, "x" * 3_000), name="others", rate=40, ms=seconds * 1000)
        resumed = time.monotonic()
        generator.say("resume", name="phone")
        while (phone := generator.stats("phone"))["deliveries"] < report["sent"] and time.monotonic() < resumed + 10:
            time.sleep(0.05)
        result.system("hub").add(
            **{
                "events while it slept": report["sent"],
                "missing": report["sent"] - phone["deliveries"],
                "gaps and repeats": phone["gaps"] + phone["repeats"],
                "resyncs": phone["resyncs"],
                "caught up, s": time.monotonic() - resumed,
            }
        )
    us = result.system("hub")
    result.at_most("missing, gaps and repeats", us.median("missing") + us.median("gaps and repeats"), 0)
    return result
