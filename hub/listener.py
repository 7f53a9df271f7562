"""The listening socket that the parent makes and all workers accept from, and what TCP knows of a connection."""

import socket
import struct

# Hypercorn's 100 is far too few for a storm of reconnects.
BACKLOG = 4_096
# The place of tcpi_last_data_recv (milliseconds) in linux/tcp.h's tcp_info.
LAST_DATA_RECEIVED = 52


def listening_socket(host: str, port: int) -> socket.socket:
    """A TCP socket listening on `host` and `port` (0 for a free one). Raises OSError when the address is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener


def seconds_unheard(connection: socket.socket) -> float:
    """For how long nothing has come from the client: what was read just now may be older than it seems.

    Bytes wait in the kernel while this process stands still. Only Linux tells; 0 elsewhere.
    """
    try:
        told = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, LAST_DATA_RECEIVED + 4)
    except (AttributeError, OSError):
        return 0.0
    found = len(told) == LAST_DATA_RECEIVED + 4
    return float(struct.unpack_from("@I", told, LAST_DATA_RECEIVED)[0]) / 1000 if found else 0.0
