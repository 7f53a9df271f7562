"""The frame reader against RFC 6455, fed by an independent writer (the `websockets` library) and by hand."""

import contextlib
import struct
from collections.abc import Iterable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from websockets.frames import Close, Frame, Opcode

from hub.channels.frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    MESSAGE_LIMIT,
    NOT_UTF8,
    PING,
    PONG,
    PROTOCOL_ERROR,
    TEXT,
    TOO_BIG,
    FrameError,
    FrameReader,
    check_utf8,
    close_code,
    close_frame,
    frame,
    payload_of,
    text_frame,
    unmask,
)

LENGTHS = [0, 1, 3, 4, 5, 124, 125, 126, 127, 128, 255, 256, 4095, MESSAGE_LIMIT - 1, MESSAGE_LIMIT]
CONTROL = (CLOSE, PING, PONG)
payloads = st.binary(max_size=300)
fragments = st.lists(st.binary(max_size=60), min_size=1, max_size=5)


def sent(opcode: int, payload: bytes = b"", *, fin: bool = True) -> bytes:
    """One frame as a client sends it, written by somebody else's code."""
    return Frame(Opcode(opcode), payload, fin).serialize(mask=True, extensions=[])


def raw(first: int, second: int, rest: bytes = b"\0\0\0\0") -> bytes:
    return bytes((first, second)) + rest


def read(data: bytes, reader: FrameReader | None = None) -> list[tuple[int, bytes]]:
    return list((reader or FrameReader()).feed(data))


def read_pieces(pieces: Iterable[bytes]) -> list[tuple[int, bytes]]:
    reader = FrameReader()
    return [message for piece in pieces for message in reader.feed(piece)]


def fault(data: bytes) -> int:
    with pytest.raises(FrameError) as caught:
        read(data)
    return caught.value.code


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_a_message_of_every_length_is_read(opcode: int, length: int) -> None:
    payload = bytes(n % 251 for n in range(length))
    assert read(sent(opcode, payload)) == [(opcode, payload)]


@pytest.mark.parametrize("length", [0, 1, 125])
@pytest.mark.parametrize("opcode", CONTROL)
def test_a_control_frame_of_every_allowed_length_is_read(opcode: int, length: int) -> None:
    assert read(sent(opcode, b"x" * length)) == [(opcode, b"x" * length)]


@given(payloads, st.binary(min_size=4, max_size=4))
def test_unmasking_is_masking_again(payload: bytes, mask: bytes) -> None:
    masked = unmask(payload, mask)
    assert masked == bytes(byte ^ mask[n % 4] for n, byte in enumerate(payload))
    assert unmask(masked, mask) == payload


@given(st.lists(st.tuples(st.sampled_from([TEXT, BINARY, *CONTROL]), st.binary(max_size=125)), max_size=8))
def test_several_frames_in_one_piece_are_several_messages(messages: list[tuple[int, bytes]]) -> None:
    assert read(b"".join(sent(*message) for message in messages)) == messages


@given(st.lists(st.tuples(st.sampled_from([TEXT, BINARY]), payloads), max_size=4), st.data())
def test_where_the_network_cuts_makes_no_difference(messages: list[tuple[int, bytes]], data: st.DataObject) -> None:
    stream = b"".join(sent(*message) for message in messages)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(stream)), max_size=12)))
    pieces = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert read_pieces(pieces) == messages


def test_a_stream_may_be_cut_at_every_byte() -> None:
    stream = sent(TEXT, b"a", fin=False) + sent(PING, b"p") + sent(CONTINUATION, b"b" * 130) + sent(BINARY, b"")
    expected = [(PING, b"p"), (TEXT, b"a" + b"b" * 130), (BINARY, b"")]
    for cut in range(len(stream) + 1):
        assert read_pieces([stream[:cut], stream[cut:]]) == expected
    assert read_pieces(stream[n : n + 1] for n in range(len(stream))) == expected


@given(st.sampled_from([TEXT, BINARY]), fragments, st.lists(st.sampled_from([PING, PONG]), min_size=5, max_size=5))
def test_fragments_are_joined_and_control_frames_may_come_in_between(
    opcode: int, parts: list[bytes], between: list[int]
) -> None:
    stream = b""
    for number, part in enumerate(parts):
        kind = opcode if number == 0 else CONTINUATION
        stream += sent(kind, part, fin=number == len(parts) - 1)
        stream += sent(between[number], bytes([number])) if number < len(parts) - 1 else b""
    controls = [(between[number], bytes([number])) for number in range(len(parts) - 1)]
    assert read(stream) == [*controls, (opcode, b"".join(parts))]


def test_after_a_fragmented_message_the_next_one_starts_afresh() -> None:
    reader = FrameReader()
    first = sent(TEXT, b"a", fin=False) + sent(CONTINUATION, b"b")
    assert read(first, reader) == [(TEXT, b"ab")]
    assert read(sent(BINARY, b"c"), reader) == [(BINARY, b"c")]
    assert read(first, reader) == [(TEXT, b"ab")]


@pytest.mark.parametrize("bit", [0x40, 0x20, 0x10])
def test_a_reserved_bit_is_refused(bit: int) -> None:
    assert fault(raw(0x80 | bit | TEXT, 0x80)) == PROTOCOL_ERROR


@pytest.mark.parametrize("opcode", [0x3, 0x4, 0x5, 0x6, 0x7, 0xB, 0xC, 0xD, 0xE, 0xF])
def test_an_unknown_opcode_is_refused(opcode: int) -> None:
    assert fault(raw(0x80 | opcode, 0x80)) == PROTOCOL_ERROR


@pytest.mark.parametrize("opcode", [TEXT, BINARY, *CONTROL])
def test_a_frame_without_a_mask_is_refused(opcode: int) -> None:
    assert fault(frame(opcode, b"")) == PROTOCOL_ERROR


@pytest.mark.parametrize("opcode", CONTROL)
def test_a_control_frame_may_not_be_long_or_fragmented(opcode: int) -> None:
    assert fault(raw(0x80 | opcode, 0x80 | 126)) == PROTOCOL_ERROR
    assert fault(raw(0x80 | opcode, 0x80 | 127)) == PROTOCOL_ERROR
    assert fault(raw(opcode, 0x80)) == PROTOCOL_ERROR


def test_a_continuation_needs_something_to_continue() -> None:
    assert fault(sent(CONTINUATION, b"a")) == PROTOCOL_ERROR
    assert fault(sent(TEXT, b"a") + sent(CONTINUATION, b"b")) == PROTOCOL_ERROR


def test_a_new_message_may_not_begin_inside_another() -> None:
    assert fault(sent(TEXT, b"a", fin=False) + sent(TEXT, b"b")) == PROTOCOL_ERROR
    assert fault(sent(TEXT, b"a", fin=False) + sent(BINARY, b"b", fin=False)) == PROTOCOL_ERROR


@pytest.mark.parametrize(
    ("second", "length"),
    [(126, struct.pack("!H", 125)), (127, struct.pack("!Q", 65_535)), (127, struct.pack("!Q", 1 << 63))],
)
def test_a_length_has_its_shortest_form(second: int, length: bytes) -> None:
    assert fault(raw(0x80 | TEXT, 0x80 | second, length + b"\0\0\0\0")) == PROTOCOL_ERROR


def test_a_message_over_the_limit_is_refused_before_its_payload_comes() -> None:
    assert fault(sent(TEXT, b"x" * (MESSAGE_LIMIT + 1))[:14]) == TOO_BIG
    assert fault(raw(0x80 | BINARY, 0x80 | 127, struct.pack("!Q", 2**62) + b"\0\0\0\0")) == TOO_BIG


def test_fragments_count_together_towards_the_limit() -> None:
    half = b"x" * (MESSAGE_LIMIT // 2)
    assert read(sent(TEXT, half, fin=False) + sent(CONTINUATION, half)) == [(TEXT, half + half)]
    assert fault(sent(TEXT, half, fin=False) + sent(CONTINUATION, half + b"x")) == TOO_BIG


def test_a_message_may_not_be_cut_into_fragments_without_end() -> None:
    reader = FrameReader()
    read(sent(TEXT, b"", fin=False), reader)
    with pytest.raises(FrameError) as caught:
        read(sent(CONTINUATION, b"", fin=False) * 20_000, reader)
    assert caught.value.code == TOO_BIG


def test_what_came_before_a_fault_is_read() -> None:
    messages = FrameReader().feed(sent(TEXT, b"good") + raw(0xF1, 0x80))
    assert next(messages) == (TEXT, b"good")
    with pytest.raises(FrameError):
        next(messages)


@given(st.lists(st.binary(max_size=40), max_size=6))
def test_any_bytes_give_messages_or_a_fault_and_nothing_else(pieces: list[bytes]) -> None:
    with contextlib.suppress(FrameError):
        for opcode, payload in read_pieces(pieces):
            assert opcode in (TEXT, BINARY, *CONTROL)
            assert len(payload) <= MESSAGE_LIMIT


@given(st.text(max_size=300))
def test_text_goes_out_as_one_whole_unmasked_frame(text: str) -> None:
    payload = text.encode()
    expected = Frame(Opcode.TEXT, payload, True).serialize(mask=False, extensions=[])
    assert text_frame(payload) == expected
    assert payload_of(text_frame(payload)) == payload


@pytest.mark.parametrize("length", [0, 125, 126, 65_535, 65_536, 70_000])
def test_what_goes_out_has_the_right_length(length: int) -> None:
    payload = b"y" * length
    assert frame(BINARY, payload) == Frame(Opcode.BINARY, payload, True).serialize(mask=False, extensions=[])
    assert payload_of(frame(BINARY, payload)) == payload


@pytest.mark.parametrize("text", [b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xc0\xaf"])
def test_text_that_is_not_utf_8_is_refused(text: bytes) -> None:
    with pytest.raises(FrameError) as caught:
        check_utf8(text)
    assert caught.value.code == NOT_UTF8
    with pytest.raises(FrameError):
        close_code(struct.pack("!H", 1000) + text)


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1011, 1014, 3000, 4000, 4999])
def test_a_close_code_that_may_be_sent_is_read(code: int) -> None:
    assert close_code(Close(code, "bye").serialize()) == code


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65_535])
def test_a_close_code_that_may_not_be_sent_is_a_fault(code: int) -> None:
    with pytest.raises(FrameError) as caught:
        close_code(struct.pack("!H", code))
    assert caught.value.code == PROTOCOL_ERROR


def test_a_close_without_a_code_is_allowed_and_with_half_of_one_is_not() -> None:
    assert close_code(b"") == 1005
    with pytest.raises(FrameError):
        close_code(b"\x03")


@given(st.integers(3000, 4999), st.text(max_size=200))
@example(4400, "é" * 62)
@example(4400, "𝄞" * 31)
def test_a_close_frame_is_one_that_clients_take(code: int, reason: str) -> None:
    payload = payload_of(close_frame(code, reason))
    assert len(payload) <= 125
    assert Close.parse(payload).code == code
    assert reason.startswith(Close.parse(payload).reason)
