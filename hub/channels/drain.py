"""The planned end of a worker's sockets: goodbyes spread over time, so that clients do not all come back at once."""

import asyncio
import random
from collections.abc import Callable

from hub.channels.registry import Registry

GOODBYES_PER_SECOND = 500
PAUSE_SECONDS = 0.05


async def say_goodbye(registry: Registry, clock: Callable[[], float], seconds: float) -> None:
    """Say goodbye to every socket, spread over at most half of `seconds`, and wait until they are gone."""
    everyone = list(registry.sockets)
    random.shuffle(everyone)
    spread = min(seconds / 2, len(everyone) / GOODBYES_PER_SECOND)
    rounds = max(1, int(spread / PAUSE_SECONDS))
    for start in range(rounds):
        for socket in everyone[start::rounds]:
            socket.say_goodbye("restart", random.uniform(0.2, 1 + len(everyone) / 1000))
        await asyncio.sleep(PAUSE_SECONDS)
    until = clock() + max(0.5, min(3.0, seconds - spread))
    told = set(everyone)
    while registry.sockets and clock() < until:
        # Those whose handshake was under way when this began.
        for socket in registry.sockets - told:
            told.add(socket)
            socket.say_goodbye("restart", random.uniform(0.2, 1 + len(everyone) / 1000))
        await asyncio.sleep(0.02)
    for socket in list(registry.sockets):
        socket.transport.abort()
