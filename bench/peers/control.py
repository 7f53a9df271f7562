"""The control port of the Python peers: each line on it is an event."""

import asyncio
from collections.abc import Callable


class Control(asyncio.Protocol):
    """Splits what comes in into lines."""

    def __init__(self, publish: Callable[[bytes], None]) -> None:
        self._publish = publish
        self._rest = b""

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._publish(line)


async def listen(port: int, publish: Callable[[bytes], None]) -> asyncio.Server:
    """Call `publish` for every line that comes in on loopback."""
    return await asyncio.get_running_loop().create_server(lambda: Control(publish), "127.0.0.1", port)
