"""Checks of what comes from outside: JSON against a model, and what a type alone cannot say of a text."""

import re
from codecs import BOM_UTF8
from typing import Any, TypeVar

import msgspec

from hub.errors import BadRequest, FieldError, InvalidInput, invalid_field
from hub.names import is_visible

T = TypeVar("T")

CONTENT_LIMIT = 8 * 1024
CONTENT_DEPTH = 32
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def decode_input(data: bytes, model: type[T]) -> T:
    """JSON bytes as `model`, strictly; a byte order mark in front is left out (RFC 8259, section 8.1).

    Raises BadRequest or InvalidInput.
    """
    try:
        return msgspec.json.decode(data.removeprefix(BOM_UTF8), type=model)
    except msgspec.ValidationError as error:
        raise field_errors(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequest(f"The body is not valid JSON: {error}") from None
    except RecursionError:
        raise BadRequest("The body is nested too deeply.") from None


def field_errors(error: msgspec.ValidationError) -> InvalidInput:
    """A msgspec validation error as ours: its path becomes the field."""
    message, _, path = str(error).partition(" - at `$")
    field = path.rstrip("`").lstrip(".") or "body"
    if unknown := re.search(r"unknown field `([^`]*)`", message):
        field = unknown.group(1)
    if missing := re.search(r"missing required field `([^`]*)`", message):
        field = missing.group(1)
    return InvalidInput("The input is not valid: see errors", fields=[FieldError(field, message)])


def check_text(field: str, text: str) -> None:
    """Refuse text that shows as nothing or holds control characters.

    Raises InvalidInput.
    """
    if not is_visible(text):
        raise invalid_field(field, "write something here")
    if _CONTROL.search(text):
        raise invalid_field(field, "has characters that cannot be shown")


def check_content(content: dict[str, Any]) -> None:
    """Refuse free content over 8 KiB of JSON or nested over 32 levels.

    Raises InvalidInput.
    """
    if is_deeper(content, CONTENT_DEPTH):
        raise invalid_field("content", f"is nested too deeply; at most {CONTENT_DEPTH} levels are allowed")
    size = len(msgspec.json.encode(content))
    if size > CONTENT_LIMIT:
        raise invalid_field("content", f"has {size} bytes; at most {CONTENT_LIMIT} are allowed")


def is_deeper(content: dict[str, Any], levels: int) -> bool:
    """Whether the content is nested over so many levels."""
    nodes: list[Any] = [content]
    for _ in range(levels):
        children = [child for node in nodes for child in (node.values() if isinstance(node, dict) else node)]
        nodes = [child for child in children if isinstance(child, dict | list)]
    return bool(nodes)
