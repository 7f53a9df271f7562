"""The listening socket that the parent makes and all workers accept from."""

import socket

# Hypercorn's 100 is far too few for a storm of reconnects.
BACKLOG = 4_096


def listening_socket(host: str, port: int) -> socket.socket:
    """A TCP socket listening on `host` and `port` (0 for a free one). Raises OSError when the address is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener
