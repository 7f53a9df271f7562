"""JSON in and out: bodies are decoded strictly into the models, answers are encoded from them."""

from typing import Any, TypeVar, cast

import msgspec
from quart import Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from hub.errors import BadRequest, InvalidInput, TooLarge
from hub.model import field_errors

T = TypeVar("T")
_encoder = msgspec.json.Encoder()


async def body(model: type[T]) -> T:
    """The request's JSON body as `model`. Raises BadRequest, InvalidInput or TooLarge."""
    try:
        data = cast("bytes", await request.get_data(cache=False))
    except RequestEntityTooLarge:
        raise TooLarge("The body is too large.") from None
    return decode(data, model)


def decode(data: bytes, model: type[T]) -> T:
    """JSON bytes as `model`. Raises BadRequest or InvalidInput."""
    try:
        return msgspec.json.decode(data, type=model)
    except msgspec.ValidationError as error:
        # An error of our own, raised while a model checked itself, says more than its wrapping.
        if isinstance(error.__cause__, InvalidInput):
            raise error.__cause__ from None
        raise field_errors(error) from None
    except msgspec.DecodeError as error:
        raise BadRequest(f"The body is not valid JSON: {error}") from None
    except RecursionError:
        raise BadRequest("The body is nested too deeply.") from None


def answer(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """`data` as a JSON response."""
    return Response(_encoder.encode(data), status, headers, content_type="application/json")


def no_content() -> Response:
    """204."""
    return Response(b"", 204)
