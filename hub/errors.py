"""The hub's errors: one small tree.

`hub.handlers.problems` maps it to RFC 9457 problem details, `hub.channels.codes` to websocket close codes.
"""

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec


class FieldError(msgspec.Struct, frozen=True):
    """One thing that is wrong with one field of the input; `field` is a dotted path."""

    field: str
    message: str


def whole_seconds(wait: float) -> int:
    """How long to wait in whole seconds: rounded up and never 0, so that who waits that long does not come too early.

    `Retry-After` takes no fractions (RFC 9110, section 10.2.3).
    """
    return max(1, math.ceil(wait))


def in_seconds(wait: float) -> str:
    """A wait in words: "1 second", "12 seconds"; the same number that `Retry-After` has."""
    seconds = whole_seconds(wait)
    return "1 second" if seconds == 1 else f"{seconds} seconds"


class HubError(Exception):
    """An answer other than success; `detail` is shown to the user and says what to do."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong on our side"
    usual_wait: ClassVar[float | None] = None

    def __init__(self, detail: str, *, fields: Sequence[FieldError] = (), retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.fields = tuple(fields)
        wait = self.usual_wait if retry_after is None else retry_after
        self.retry_after = None if wait is None else whole_seconds(wait)


class BadRequest(HubError):
    """The request could not be read at all."""

    status = 400
    code = "bad_request"
    title = "The request could not be read"


class Unauthorized(HubError):
    """There is no valid token."""

    status = 401
    code = "unauthorized"
    title = "Please log in"


class Forbidden(HubError):
    """The reader is known and may not do this."""

    status = 403
    code = "forbidden"
    title = "Not allowed"


class Muted(Forbidden):
    """A moderator has taken away the right to write for a time."""

    code = "muted"
    title = "You are muted"


class NotFound(HubError):
    """There is no such thing, or not for this reader."""

    status = 404
    code = "not_found"
    title = "Not found"


class Conflict(HubError):
    """The change does not fit what is there."""

    status = 409
    code = "conflict"
    title = "That conflicts with what is there"


class Busy(Conflict):
    """The ranger is still answering in this conversation."""

    code = "busy"
    title = "The ranger is still answering"


class Gone(HubError):
    """It was there and has been deleted."""

    status = 410
    code = "gone"
    title = "No longer there"


class Changed(HubError):
    """The thing is no longer what the change is based on; `current` is what is there now, `etag` its ETag."""

    status = 412
    code = "changed"
    title = "It has been changed meanwhile"

    def __init__(self, current: Any, etag: str) -> None:
        super().__init__("Somebody has changed this since you read it. Compare, and send your change again.")
        self.current = current
        self.etag = etag


class TooLarge(HubError):
    """The body is over the limit."""

    status = 413
    code = "too_large"
    title = "Too large"


class UnsupportedMediaType(HubError):
    """The body is of a type that is not taken."""

    status = 415
    code = "unsupported_type"
    title = "The body must be JSON"


class InvalidInput(HubError):
    """The input was read and is not acceptable; `fields` says where."""

    status = 422
    code = "invalid"
    title = "The input is not valid"


class TooManyRequests(HubError):
    """Over a rate limit; `retry_after` is in seconds."""

    status = 429
    code = "too_many"
    title = "Too many requests"
    usual_wait = 1


class Unavailable(HubError):
    """The store cannot take this now; nothing was changed. `retry_after` is in seconds."""

    status = 503
    code = "unavailable"
    title = "Not available right now"
    usual_wait = 2


def invalid_field(field: str, message: str) -> InvalidInput:
    """An InvalidInput about a single field."""
    return InvalidInput(f"{field}: {message}", fields=[FieldError(field, message)])
