"""JSON in and out: bodies are decoded strictly into the models, answers are encoded from them."""

from typing import Any, TypeVar, cast

import msgspec
from quart import Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from hub.errors import TooLarge, UnsupportedMediaType
from hub.validation import decode_input

T = TypeVar("T")
_encoder = msgspec.json.Encoder()


async def body(model: type[T]) -> T:
    """The request's JSON body as `model`. Raises BadRequest, InvalidInput, TooLarge or UnsupportedMediaType."""
    data = await _data()
    if data:
        require_json()
    return decode_input(data, model)


async def has_body() -> bool:
    """Whether anything was sent. Raises TooLarge."""
    return bool(await _data())


def require_json() -> None:
    """Refuse every other type: a form of another site can send those without being asked for leave (Fetch, 2.2.2).

    Raises UnsupportedMediaType.
    """
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if request.mimetype != "application/json" or charset not in ("utf-8", "utf8"):
        raise UnsupportedMediaType("Send the body as JSON in UTF-8, with `Content-Type: application/json`.")


async def _data() -> bytes:
    try:
        return cast("bytes", await request.get_data())
    except RequestEntityTooLarge:
        raise TooLarge("The body is too large.") from None


def answer(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """`data` as a JSON response."""
    return Response(_encoder.encode(data), status, headers, content_type="application/json")


def no_content() -> Response:
    """204."""
    return Response(b"", 204)
