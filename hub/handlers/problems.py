"""Errors as RFC 9457 problem details."""

import logging
from typing import Any

from msgspec import Struct
from quart import Quart, Response, request
from werkzeug.exceptions import HTTPException

from hub.errors import Changed, FieldError, HubError
from hub.handlers.json import answer
from hub.handlers.pages import page, wants_page

log = logging.getLogger("hub.requests")


class Problem(Struct, frozen=True, omit_defaults=True):
    """RFC 9457, section 3.1; `errors` says which fields of the input are wrong, `current` what is there (412)."""

    type: str
    title: str
    status: int
    detail: str
    errors: tuple[FieldError, ...] = ()
    current: Any = None


def problem(error: HubError) -> Response:
    """The answer to a HubError."""
    response = answer(
        Problem(
            f"/docs/problems#{error.code}",
            error.title,
            error.status,
            error.detail,
            error.fields,
            error.current if isinstance(error, Changed) else None,
        ),
        error.status,
    )
    response.content_type = "application/problem+json"
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, Changed):
        response.headers["ETag"] = error.etag
    if error.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


async def _hub_error(error: HubError) -> Response:
    return problem(error)


async def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    if status == 404 and wants_page():
        return page(404)
    title = error.name
    response = answer(Problem("about:blank", title, status, _detail(status, error)), status)
    response.content_type = "application/problem+json"
    for name, value in error.get_headers():
        if name.lower() == "allow":
            response.headers[name] = value
    return response


def _detail(status: int, error: HTTPException) -> str:
    if status == 404:
        return "There is nothing here. /docs lists what there is."
    if status == 405:
        return f"{request.method} is not possible here."
    if status == 413:
        return "The body is too large."
    return error.description or error.name


async def _unexpected(error: Exception) -> Response:
    log.error("%s %s failed", request.method, request.scope["raw_path"][:300].decode("latin-1"), exc_info=error)
    return problem(HubError("It has been logged. Try again; if it stays, tell the operator."))


def register(app: Quart) -> None:
    """Answer all errors of the app."""
    app.register_error_handler(HubError, _hub_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)
