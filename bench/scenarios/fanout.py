"""Fan-out: one channel, many subscribers, a window of events under way; the hub against its peers."""

from contextlib import ExitStack
from dataclasses import dataclass

from bench import hub
from bench.context import Context, check
from bench.generator import BenchError, Generator
from bench.machine import GENERATOR_CORE
from bench.peers import PEERS, Peer
from bench.report import Result
from bench.servers import Server, redis

SUBSCRIBERS = 1_000


@dataclass(frozen=True)
class Running:
    """A system that is up, with its subscribers connected."""

    name: str
    server: Server
    group: str
    template: str
    port: int
    replies: bool = False


def start_hub(stack: ExitStack, generator: Generator, subscribers: int) -> Running:
    """The hub with one group of guests on channel c0."""
    server = stack.enter_context(hub.Hub().worker())
    generator.open("hub", subscribers, server.port, hub.path(), hellos=[hub.GUEST], ready=hub.WELCOME)
    return Running("hub", server, "hub", hub.line(), server.ports[1])


def start_peer(stack: ExitStack, generator: Generator, peer: Peer, subscribers: int, redis_url: str) -> Running:
    """A peer with its subscribers."""
    server = stack.enter_context(peer.make(redis_url))
    group = f"peer-{server.port}"
    hellos = list(peer.hellos) or None
    generator.open(group, subscribers, server.port, peer.path, hellos=hellos, ready=peer.ready or None, timeout=120)
    return Running(peer.name, server, group, peer.template, server.ports[1], peer.replies)


def start_peers(
    stack: ExitStack, generator: Generator, context: Context, result: Result, peers: list[Peer], subscribers: int
) -> list[Running]:
    """All peers that can be had; the others are named in the warnings."""
    running: list[Running] = []
    redis_url = ""
    if any(peer.needs_redis and peer.name not in context.left_out for peer in peers):
        redis_url = f"redis://127.0.0.1:{stack.enter_context(redis(GENERATOR_CORE)).port}"
    for peer in peers:
        try:
            if peer.name in context.left_out:
                raise BenchError(context.left_out[peer.name])
            running.append(start_peer(stack, generator, peer, subscribers, redis_url))
        except BenchError as error:
            result.warnings.append(f"{peer.name} was left out: {str(error).splitlines()[0]}")
    return running


def measure(generator: Generator, it: Running, window: int, ms: int, result: Result) -> dict[str, float]:
    """One measurement of a running system."""
    generator.reset(it.group)
    before = it.server.cpu()
    connections = window if it.replies else 1
    report = generator.publish(
        it.port,
        it.template,
        name=it.group,
        window=window,
        ms=ms,
        connections=connections,
        replies=int(it.replies),
        timeout=60,
    )
    cpu = it.server.cpu() - before
    check(report, result, it.name)
    stats = generator.stats(it.group)
    deliveries = max(1, report["deliveries"])
    return {
        "deliveries/s": deliveries / report["seconds"],
        "server CPU µs per delivery": cpu / deliveries * 1e6,
        "p99 ms": stats["p99_ms"],
        "generator busy": report["busy"],
        "bytes per event": stats["bytes"] / deliveries,
    }


def _fan_out(context: Context, result: Result, window: int) -> Result:
    with ExitStack() as stack:
        generator = stack.enter_context(Generator())
        systems = [start_hub(stack, generator, SUBSCRIBERS)]
        systems += start_peers(stack, generator, context, result, PEERS, SUBSCRIBERS)
        for it in systems:
            measure(generator, it, window, context.ms(1_000, 300), Result("", ""))
        for _ in range(context.rounds):
            for it in systems:
                result.system(it.name).add(**measure(generator, it, window, context.ms(3_000, 700), result))
    return result


def one_at_a_time(context: Context) -> Result:
    """The next event when the last was delivered to all."""
    result = _fan_out(context, Result("fanout-w1", "Fan-out to 1,000 subscribers, one event at a time"), 1)
    result.ratio_at_least("deliveries/s", "nchan", 1.0)
    result.ratio_at_least("deliveries/s", "Node ws", 1.4)
    return result


def sixteen_in_flight(context: Context) -> Result:
    """Sixteen events under way."""
    result = _fan_out(context, Result("fanout-w16", "Fan-out to 1,000 subscribers, sixteen events in flight"), 16)
    result.ratio_at_least("deliveries/s", "nchan", 6.0)
    return result


def ten_thousand(context: Context) -> Result:
    """The cost of a delivery at 10,000 subscribers beside that at 1,000, on one worker."""
    result = Result("fanout-10k", "Fan-out to 10,000 subscribers beside 1,000, one worker")
    with ExitStack() as stack:
        generator = stack.enter_context(Generator())
        server = stack.enter_context(hub.Hub().worker())
        systems = []
        for channel, subscribers in ((0, 1_000), (1, context.size(10_000, 5_000))):
            group = f"g{channel}"
            generator.open(group, subscribers, server.port, hub.path(channel), hellos=[hub.GUEST], ready=hub.WELCOME)
            systems.append(Running(f"{subscribers:,} subscribers", server, group, hub.line(channel), server.ports[1]))
        for window in (1, 16):
            for it in systems:
                measure(generator, it, window, context.ms(1_000, 300), Result("", ""))
            for _ in range(context.rounds):
                for it in systems:
                    figures = measure(generator, it, window, context.ms(3_000, 1_000), result)
                    result.system(it.name).add(**{f"{metric}, w={window}": v for metric, v in figures.items()})
    small, large = list(result.systems)
    for window in (1, 16):
        metric = f"server CPU µs per delivery, w={window}"
        if (ratio := result.ratio(metric, small, large)) is not None:
            result.at_most(f"{metric}, times that at 1,000", ratio, 1.3)
    return result
