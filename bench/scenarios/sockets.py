"""What a socket costs: memory while it is idle, CPU to open it."""

import time
from contextlib import ExitStack

from bench import hub
from bench.context import Context
from bench.generator import Generator
from bench.peers import PEERS, Peer
from bench.report import Result
from bench.servers import Server

COMPARED = ("Node ws", "Quart")


def _peers(context: Context) -> list[Peer]:
    return [peer for peer in PEERS if peer.name in COMPARED and peer.name not in context.left_out]


def memory(context: Context) -> Result:
    """Memory of the server's processes per idle socket, kernel buffers aside."""
    result = Result("memory", "Memory per idle, greeted socket (the processes', not the kernel's)")
    count = context.size(5_000, 2_000)
    for _ in range(context.size(3, 1)):
        with ExitStack() as stack:
            generator = stack.enter_context(Generator())
            server = stack.enter_context(hub.Hub().served())
            guests = {"hellos": [hub.GUEST], "ready": hub.WELCOME}
            _grow(generator, server, hub.path(), count, result, "hub, guests", **guests)
            members = {"hellos": hub.hellos(server, count), "ready": hub.WELCOME}
            _grow(generator, server, hub.path(1), count, result, "hub, members", **members)
        for peer in _peers(context):
            with Generator() as generator, peer.make("") as server:
                _grow(generator, server, peer.path, count, result, peer.name)
    result.at_most("KB per socket, guests", result.system("hub, guests").median("KB per socket"), 6)
    result.at_most("KB per socket, members", result.system("hub, members").median("KB per socket"), 6)
    return result


def _grow(
    generator: Generator, server: Server, path: str, count: int, result: Result, name: str, **more: object
) -> None:
    hellos = more.get("hellos")
    first = hellos[:100] if isinstance(hellos, list) else None
    generator.open("first", 100, server.port, path, **{**more, "hellos": first})
    time.sleep(1.5)
    before = server.memory()
    generator.open("more", count, server.port, path, **more)
    time.sleep(3)
    result.system(name).add(**{"KB per socket": (server.memory() - before) / count / 1e3})
    generator.close("first", "more")


def opening(context: Context) -> Result:
    """CPU of the server per socket: accept, handshake, token, welcome."""
    result = Result("opening", "CPU to open, authenticate and greet a socket")
    count = context.size(2_000, 1_000)
    for _ in range(context.rounds):
        with ExitStack() as stack:
            generator = stack.enter_context(Generator())
            server = stack.enter_context(hub.Hub().served())
            more = {"hellos": hub.hellos(server, count), "ready": hub.WELCOME, "inflight": 50}
            _open(generator, server, hub.path(), count, result, "hub", **more)
        for peer in _peers(context):
            with Generator() as generator, peer.make("") as server:
                _open(generator, server, peer.path, count, result, peer.name, inflight=50)
    result.at_most("µs of CPU per socket", result.system("hub").median("µs per socket"), 350)
    return result


def _open(
    generator: Generator, server: Server, path: str, count: int, result: Result, name: str, **more: object
) -> None:
    generator.open("warm", 200, server.port, path, **more)
    time.sleep(1.2)
    before = server.cpu()
    generator.open("count", count, server.port, path, **more)
    result.system(name).add(**{"µs per socket": (server.cpu() - before) / count * 1e6})
