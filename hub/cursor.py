"""Opaque cursors for lists that are read page by page."""

import base64
import binascii

import msgspec

from hub.errors import InvalidInput, invalid_field

DEFAULT_LIMIT = 50
MAX_LIMIT = 100


def encode_cursor(*position: str | int | float | None) -> str:
    """The cursor that continues after `position`."""
    return base64.urlsafe_b64encode(msgspec.json.encode(position)).decode().rstrip("=")


def decode_cursor(cursor: str, *kinds: type) -> tuple[object, ...]:
    """The position that `cursor` was made from.

    Raises InvalidInput when it is not one of ours.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        position = msgspec.json.decode(
            base64.b64decode(padded.encode("ascii"), b"-_", validate=True), type=list[object]
        )
    except (msgspec.MsgspecError, binascii.Error, UnicodeError, RecursionError):
        raise _not_ours() from None
    if len(position) != len(kinds) or any(type(part) is not kind for part, kind in zip(position, kinds, strict=True)):
        raise _not_ours()
    if any(isinstance(part, int) and abs(part) >= 2**63 for part in position):
        raise _not_ours()
    return tuple(position)


def page_limit(text: str | None) -> int:
    """The `limit` of a list, 1 to 100.

    Raises InvalidInput.
    """
    if text is None:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= MAX_LIMIT):
        raise invalid_field("limit", f"must be a whole number from 1 to {MAX_LIMIT}")
    return int(text)


def _not_ours() -> InvalidInput:
    return invalid_field("cursor", "is not one that a list gave as `next`: start from the first page")
