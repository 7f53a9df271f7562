"""JSON in and out: bodies are decoded strictly into the models, answers are encoded from them."""

from typing import Any, TypeVar, cast

import msgspec
from quart import Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from hub.errors import TooLarge
from hub.validation import decode_input

T = TypeVar("T")
_encoder = msgspec.json.Encoder()


async def body(model: type[T]) -> T:
    """The request's JSON body as `model`. Raises BadRequest, InvalidInput or TooLarge."""
    try:
        data = cast("bytes", await request.get_data(cache=False))
    except RequestEntityTooLarge:
        raise TooLarge("The body is too large.") from None
    return decode_input(data, model)


def answer(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """`data` as a JSON response."""
    return Response(_encoder.encode(data), status, headers, content_type="application/json")


def no_content() -> Response:
    """204."""
    return Response(b"", 204)
