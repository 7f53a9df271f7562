"""The answer to a websocket's handshake, and what stands in the place of a transport that was handed on."""

from collections.abc import Iterable

from wsproto.utilities import generate_accept_token

Headers = Iterable[tuple[bytes, bytes]]


class Detached:
    """What is left to a stream writer of a transport that was taken over."""

    def is_closing(self) -> bool:
        return True

    def close(self) -> None:
        return

    def get_extra_info(self, name: str, default: object = None) -> object:
        return default


def switching_protocols(key: bytes, headers: Headers) -> bytes:
    """The 101 with these headers besides (RFC 6455, section 4.2.2)."""
    lines = [
        b"HTTP/1.1 101 Switching Protocols",
        b"upgrade: websocket",
        b"connection: upgrade",
        b"sec-websocket-accept: " + generate_accept_token(key),
        *(name + b": " + value for name, value in headers),
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n"
