"""Latency at a steady rate: events through the feed, posts through REST, many small channels."""

import time
from contextlib import ExitStack

from bench import hub
from bench.context import Context, check
from bench.generator import Generator
from bench.peers import NCHAN, NODE_WS
from bench.report import Result
from bench.scenarios.fanout import SUBSCRIBERS, start_hub, start_peers


def steady(context: Context) -> Result:
    """50 events a second to 1,000 subscribers, from when each was due to its receipt."""
    result = Result("steady", "Latency at 50 events/s to 1,000 subscribers, due time to receipt")
    with ExitStack() as stack:
        generator = stack.enter_context(Generator())
        systems = [start_hub(stack, generator, SUBSCRIBERS)]
        systems += start_peers(stack, generator, context, result, [NCHAN, NODE_WS], SUBSCRIBERS)
        for round_number in range(context.rounds + 1):
            for it in systems:
                generator.reset(it.group)
                report = generator.publish(
                    it.port,
                    it.template,
                    name=it.group,
                    rate=50,
                    ms=context.ms(10_000, 2_000) if round_number else 500,
                    connections=4 if it.replies else 1,
                    replies=int(it.replies),
                )
                if round_number:
                    check(report, result, it.name)
                    stats = generator.stats(it.group)
                    result.system(it.name).add(
                        **{"p50 ms": stats["p50_ms"], "p99 ms": stats["p99_ms"], "max ms": stats["max_ms"]}
                    )
    for metric in ("p50 ms", "p99 ms"):
        if (ratio := result.ratio(metric, "nchan")) is not None:
            result.at_most(f"{metric}, times nchan", ratio, 1.0)
    return result


def rest(context: Context) -> Result:
    """100 authenticated posts a second over REST, to the last of 1,000 subscribers."""
    result = Result("rest", "POST over REST (authenticated, FULL durability) to the last of 1,000 subscribers")
    with ExitStack() as stack:
        generator = stack.enter_context(Generator())
        server = stack.enter_context(hub.Hub().served())
        generator.open("all", SUBSCRIBERS, server.port, hub.path(), hellos=[hub.GUEST], ready=hub.WELCOME)
        for round_number in range(context.rounds + 1):
            generator.reset("all")
            report = generator.publish(
                server.port,
                hub.post_request(server),
                name="all",
                rate=100,
                ms=context.ms(10_000, 2_000) if round_number else 500,
                connections=16,
                replies=1,
            )
            if round_number:
                check(report, result, "hub")
                stats = generator.stats("all")
                result.system("hub").add(
                    **{
                        "to the last: p50 ms": stats["last_p50_ms"],
                        "to the last: p99 ms": stats["last_p99_ms"],
                        "201 answered: p50 ms": report["p50_ms"],
                        "201 answered: p99 ms": report["p99_ms"],
                    }
                )
    result.at_most("p99 to the last subscriber, ms", result.system("hub").median("to the last: p99 ms"), 25)
    return result


def many_channels(context: Context) -> Result:
    """2,000 channels with five subscribers each, 2,000 events a second over all of them."""
    result = Result("channels", "2,000 channels × 5 subscribers, 2,000 events/s")
    count = context.size(2_000, 400)
    with ExitStack() as stack:
        generator = stack.enter_context(Generator())
        server = stack.enter_context(hub.Hub(channel_count=count).worker())
        generator.open("all", 5 * count, server.port, hub.path("%d"), per_path=5, hellos=[hub.GUEST], ready=hub.WELCOME)
        time.sleep(2)
        before = 0
        for round_number in range(context.rounds + 1):
            generator.reset("all")
            report = generator.publish(
                server.ports[1],
                hub.line("CCCCCC"),
                name="all",
                rate=count,
                channels=count,
                fan=5,
                ms=context.ms(10_000, 3_000) if round_number else 2_000,
            )
            if round_number:
                check(report, result, "hub")
                stats = generator.stats("all")
                memory = server.memory()
                result.system("hub").add(
                    **{
                        "p50 ms": stats["p50_ms"],
                        "p99 ms": stats["p99_ms"],
                        "memory MB": memory / 1e6,
                        "memory growth bytes per event": (memory - before) / report["sent"],
                    }
                )
            before = server.memory()
    result.at_most("p99, ms", result.system("hub").median("p99 ms"), 20)
    return result
