"""What waits in this worker's memory for peers that do not read, bounded for each address and in all.

Looked at when a socket's buffer has filled up and once a second, never on the way of a write: below that mark a socket
holds little, and what it holds is mostly shared with others.
"""

import asyncio
from itertools import islice
from typing import TYPE_CHECKING

from hub.addresses import limited_as

if TYPE_CHECKING:
    from hub.channels.connection import Connection

MIB = 1024 * 1024
ADDRESS_BYTES = 16 * MIB
WORKER_BYTES = 256 * MIB
LOOKED_AT = 1_000


class Unsent:
    """The sockets whose buffers are full, and how many bytes are in each, by address."""

    def __init__(self, *, per_address: bool) -> None:
        self.bytes = 0
        self._per_address = per_address
        self._waiting: dict[str, dict[Connection, int]] = {}
        self._of_address: dict[str, int] = {}
        self._over: set[str] = set()
        self._relieving: asyncio.Handle | None = None

    def filled(self, connection: "Connection") -> None:
        """Count a socket whose buffer is full; it may be dropped soon, when there is too much."""
        address = limited_as(connection.address)
        size = connection.transport.get_write_buffer_size()
        sockets = self._waiting.setdefault(address, {})
        self._add(address, size - sockets.get(connection, 0))
        sockets[connection] = size
        if self._per_address and self._of_address[address] > ADDRESS_BYTES:
            self._over.add(address)
        if (self._over or self.bytes > WORKER_BYTES) and self._relieving is None:
            # Not now: whoever writes is in the middle of writing to all.
            self._relieving = asyncio.get_running_loop().call_soon(self._relieve)

    def drained(self, connection: "Connection") -> None:
        """Count a socket no longer: its peer has read, or it is gone."""
        address = limited_as(connection.address)
        sockets = self._waiting.get(address)
        if sockets is None or connection not in sockets:
            return
        self._add(address, -sockets.pop(connection))
        if not sockets:
            del self._waiting[address], self._of_address[address]

    def look(self) -> None:
        """Count again: what is answered to a peer comes on top of what it was sent."""
        for sockets in self._waiting.values():
            for connection in sockets:
                self.filled(connection)

    def _add(self, address: str, size: int) -> None:
        self.bytes += size
        self._of_address[address] = self._of_address.get(address, 0) + size

    def _relieve(self) -> None:
        self._relieving = None
        while self._over:
            address = self._over.pop()
            while self._of_address.get(address, 0) > ADDRESS_BYTES:
                self._drop(next(reversed(self._waiting[address])))
        while self.bytes > WORKER_BYTES:
            # The address with the most, among those that have waited longest.
            heaviest = max(islice(self._of_address, LOOKED_AT), key=self._of_address.__getitem__)
            for connection in list(self._waiting[heaviest]):
                self._drop(connection)

    def _drop(self, connection: "Connection") -> None:
        self.drained(connection)
        connection.drop()
