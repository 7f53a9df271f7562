"""Cursors are opaque, and only ours are taken."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.cursor import DEFAULT_LIMIT, decode_cursor, encode_cursor, page_limit
from hub.errors import InvalidInput

big = st.integers(-(2**63) + 1, 2**63 - 1)


def raw(text: bytes) -> str:
    return base64.urlsafe_b64encode(text).decode()


@given(st.text(max_size=40), big, st.floats(allow_nan=False, allow_infinity=False))
def test_a_position_comes_back_as_it_was(name: str, number: int, share: float) -> None:
    cursor = encode_cursor(name, number, share)
    assert decode_cursor(cursor, str, int, float) == (name, number, share)
    assert not set(cursor) & set("+/=&?# ")


@given(st.text(max_size=60))
def test_any_text_is_a_position_or_refused(text: str) -> None:
    try:
        (position,) = decode_cursor(text, int)
    except InvalidInput as error:
        assert [field.field for field in error.fields] == ["cursor"]  # noqa: PT017
    else:
        assert type(position) is int


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "é",
        "nonsense",
        raw(b"[7]") + "!",
        raw(b"[7]") + "\n",
        "a",
        raw(b""),
        raw(b"7"),
        raw(b"{}"),
        raw(b"[]"),
        raw(b"[1,2]"),
        raw(b'["7"]'),
        raw(b"[null]"),
        raw(b"[true]"),
        raw(b"[7.0]"),
        raw(b"[9223372036854775808]"),
        raw(b"[" + b"9" * 5000 + b"]"),
        raw(b"[" * 20_000),
        raw(b"[" * 900 + b"]" * 900),
        raw(b"[\xff]"),
    ],
)
def test_a_cursor_that_is_not_ours_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidInput):
        decode_cursor(wrong, int)


@pytest.mark.parametrize(("text", "limit"), [(None, DEFAULT_LIMIT), ("1", 1), ("007", 7), ("100", 100)])
def test_a_limit_is_a_whole_number_from_1_to_100(text: str | None, limit: int) -> None:
    assert page_limit(text) == limit


@pytest.mark.parametrize("wrong", ["", "0", "101", "-1", "+5", "1.0", "ten", "1e1", " 5", "٣", "²", "9" * 5000])
def test_another_limit_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        page_limit(wrong)
    assert [field.field for field in caught.value.fields] == ["limit"]
