"""Websocket frames (RFC 6455) in and out, without I/O.

What goes out is built once and shared by every subscriber; what comes in is checked in full: masking, reserved bits,
opcodes, control frames, fragmentation and size.
"""

import struct
from collections.abc import Iterator

TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA
CONTINUATION = 0x0
MESSAGE_LIMIT = 16 * 1024
CONTROL_LIMIT = 125
FEW_FRAGMENTS = 64

NORMAL, PROTOCOL_ERROR, UNSUPPORTED, NOT_UTF8, TOO_BIG = 1000, 1002, 1003, 1007, 1009
_SENDABLE = frozenset({1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014})


class FrameError(Exception):
    """The peer broke the protocol; `code` is the close code that answers it."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def frame(opcode: int, payload: bytes) -> bytes:
    """One whole unmasked frame, as servers send them (RFC 6455, section 5.2)."""
    return _head(opcode, len(payload)) + payload


def text_frame(text: bytes) -> bytes:
    """A text message of UTF-8 bytes."""
    return frame(TEXT, text)


def text_frame_in_parts(first: bytes, second: bytes) -> tuple[bytes, bytes]:
    """A text message whose second part is not copied, so that many may share it."""
    return _head(TEXT, len(first) + len(second)) + first, second


def payload_of(whole: bytes) -> bytes:
    """The payload of a frame that `frame` made."""
    return whole[{126: 4, 127: 10}.get(whole[1], 2) :]


def close_frame(code: int, reason: str = "") -> bytes:
    """A close frame; the reason is cut to what a control frame can hold."""
    cut = reason.encode()[: CONTROL_LIMIT - 2].decode(errors="ignore")
    return frame(CLOSE, struct.pack("!H", code) + cut.encode())


def close_code(payload: bytes) -> int:
    """The code of a close frame that came in, 1005 when it has none (RFC 6455, section 7.4).

    Raises FrameError.
    """
    if not payload:
        return 1005
    if len(payload) == 1:
        raise FrameError(PROTOCOL_ERROR, "a close code has two bytes")
    code = int.from_bytes(payload[:2])
    if code not in _SENDABLE and not 3000 <= code <= 4999:
        raise FrameError(PROTOCOL_ERROR, "that close code may not be sent")
    check_utf8(payload[2:])
    return code


def _head(opcode: int, size: int) -> bytes:
    if size < 126:
        return bytes((0x80 | opcode, size))
    if size < 65_536:
        return struct.pack("!BBH", 0x80 | opcode, 126, size)
    return struct.pack("!BBQ", 0x80 | opcode, 127, size)


def check_utf8(text: bytes) -> None:
    """Raises FrameError when `text` is not UTF-8."""
    try:
        text.decode()
    except UnicodeDecodeError:
        raise FrameError(NOT_UTF8, "text must be UTF-8") from None


def unmask(payload: bytes, mask: bytes) -> bytes:
    """Exclusive-or with the repeated mask (RFC 6455, section 5.3)."""
    size = len(payload)
    repeated = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload) ^ int.from_bytes(repeated)).to_bytes(size)


class FrameReader:
    """Turns bytes into messages; holds only what is not whole yet."""

    __slots__ = ("_buffer", "_fragments", "_limit", "_message", "_opcode")

    def __init__(self, limit: int = MESSAGE_LIMIT) -> None:
        self._limit = limit
        self._buffer = b""
        self._message = b""
        self._opcode = 0
        self._fragments = 0

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Whole messages and control frames in `data`, as opcode and payload.

        Raises FrameError when it comes to a fault, after what stood before it.
        """
        buffer = self._buffer + data if self._buffer else data
        start = 0
        while (end := self._frame_end(buffer, start)) is not None:
            message = self._take(buffer, start, end)
            start = end
            if message is not None:
                yield message
        self._buffer = buffer[start:]

    def _frame_end(self, buffer: bytes, start: int) -> int | None:
        """Where the frame at `start` ends, or None while it is not whole."""
        if len(buffer) - start < 2:
            return None
        first, second = buffer[start], buffer[start + 1]
        self._check_head(first, second)
        size = second & 0x7F
        header = 6
        if size == 126:
            header = 8
        elif size == 127:
            header = 14
        if len(buffer) - start < header:
            return None
        if header > 6:
            size = int.from_bytes(buffer[start + 2 : start + header - 4])
            _check_length(size, header)
        if first & 0x08 == 0 and size + len(self._message) > self._limit:
            raise FrameError(TOO_BIG, f"a message may have {self._limit} bytes")
        end = start + header + size
        return end if end <= len(buffer) else None

    def _check_head(self, first: int, second: int) -> None:
        opcode = first & 0x0F
        if first & 0x70:
            raise FrameError(PROTOCOL_ERROR, "a reserved bit is set")
        if not second & 0x80:
            raise FrameError(PROTOCOL_ERROR, "frames from a client are masked")
        if opcode in (CLOSE, PING, PONG):
            if not first & 0x80 or second & 0x7F > CONTROL_LIMIT:
                raise FrameError(PROTOCOL_ERROR, "a control frame is short and whole")
        elif opcode == CONTINUATION:
            if not self._opcode:
                raise FrameError(PROTOCOL_ERROR, "there is nothing to continue")
        elif opcode not in (TEXT, BINARY):
            raise FrameError(PROTOCOL_ERROR, "unknown opcode")
        elif self._opcode:
            raise FrameError(PROTOCOL_ERROR, "the message before is not finished")

    def _take(self, buffer: bytes, start: int, end: int) -> tuple[int, bytes] | None:
        first = buffer[start]
        header = {126: 8, 127: 14}.get(buffer[start + 1] & 0x7F, 6)
        body = start + header
        payload = unmask(buffer[body:end], buffer[body - 4 : body]) if body < end else b""
        opcode, final = first & 0x0F, first & 0x80
        if opcode & 0x08:
            return opcode, payload
        if opcode and final:
            return opcode, payload
        self._opcode = self._opcode or opcode
        self._message += payload
        if not final:
            self._count_fragment()
            return None
        whole = self._opcode, self._message
        self._opcode, self._message, self._fragments = 0, b"", 0
        return whole

    def _count_fragment(self) -> None:
        # Empty fragments would go on for ever below any limit of bytes or messages.
        self._fragments += 1
        if self._fragments > FEW_FRAGMENTS + self._limit // 16:
            raise FrameError(TOO_BIG, "a message may not have so many fragments")


def _check_length(size: int, header: int) -> None:
    if size >= 2**63:
        raise FrameError(PROTOCOL_ERROR, "the length's first bit must be 0")
    if size < (126 if header == 8 else 65_536):
        raise FrameError(PROTOCOL_ERROR, "the length is not in its shortest form")
