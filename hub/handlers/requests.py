"""What holds for every request: rate limit, CORS, safe headers, and one line in the log."""

import logging
import re
import time
from typing import Any

from quart import Quart, Request, Response, g, request
from werkzeug.routing import IntegerConverter

from hub import metrics
from hub.handlers import policy
from hub.handlers.context import requester_address, services
from hub.handlers.json import require_json
from hub.handlers.pages import client_version
from hub.origins import parse_origin

CORS_METHODS = "GET, POST, PUT, DELETE"
CORS_HEADERS = "Authorization, Content-Type, If-Match, If-None-Match"
CORS_EXPOSED = "ETag, Retry-After, Location, Hub-Client"
BODY_HEADERS = ("Content-Type", "Content-Length", "Content-Encoding")
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"))
DOCUMENTS = ("text/html", "image/svg+xml")
QUIET = ("/healthz", "/readyz", "/metrics")
LOGGED_PATH = 300
LARGER_BODIES = {"/api/analytics/bulk": 4 * 1024 * 1024}
log = logging.getLogger("hub.requests")


class LimitedRequest(Request):
    """A request whose body has at most as many bytes as its path may take: MAX_CONTENT_LENGTH, or more for a few."""

    def __init__(self, method: str, scheme: str, path: str, *args: Any, **options: Any) -> None:
        if path in LARGER_BODIES:
            options["max_content_length"] = LARGER_BODIES[path]
        super().__init__(method, scheme, path, *args, **options)


class IdConverter(IntegerConverter):
    """An id in a path; one that no database can hold is not found."""

    regex = r"\d{1,18}"


def register(app: Quart) -> None:
    """Do this around every request of the app. Before its routes are added."""
    app.request_class = LimitedRequest
    app.url_map.converters["int"] = IdConverter
    app.before_request(_before)
    app.after_request(_after)


async def _before() -> Response | None:
    g.started = time.perf_counter()
    if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
        return Response(b"", 204)
    if request.path.startswith("/api/"):
        services().limits.read(requester_address())
        if request.content_type and (request.content_length or "Transfer-Encoding" in request.headers):
            require_json()
    return None


async def _after(response: Response) -> Response:
    _allow_origin(response)
    if response.status_code in (204, 304):
        # RFC 9110, sections 8.6 and 15.3.5: there is nothing that these could be about.
        for name in BODY_HEADERS:
            response.headers.pop(name, None)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
    response.headers.setdefault("X-Frame-Options", "DENY")
    if response.mimetype in DOCUMENTS:
        response.headers.setdefault("Content-Security-Policy", policy.NOTHING)
    if request.path.startswith("/api/") or response.mimetype == "text/html":
        response.headers["Hub-Client"] = client_version()
    if request.path.startswith("/api/"):
        response.headers.setdefault("Cache-Control", "no-store")
    if request.path not in QUIET:
        _count(response)
        _log(response)
    return response


def _allow_origin(response: Response) -> None:
    origin = request.headers.get("Origin")
    if origin is None or str(parse_origin(origin)) not in services().settings.allowed_origins:
        return
    response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Vary"] = "Authorization, Origin"
    response.headers["Access-Control-Expose-Headers"] = CORS_EXPOSED
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = CORS_METHODS
        response.headers["Access-Control-Allow-Headers"] = CORS_HEADERS
        response.headers["Access-Control-Max-Age"] = "600"


def _count(response: Response) -> None:
    route = request.url_rule.rule if request.url_rule is not None else "none"
    method = request.method if request.method in METHODS else "other"
    metrics.requests.labels(method, route, response.status_code).inc()
    metrics.request_seconds.labels(route).observe(time.perf_counter() - g.started)


def _log(response: Response) -> None:
    log.info(
        "%s %s",
        request.method,
        # As it came, in percent-encoding: one word, and no more than fits a line.
        request.scope["raw_path"][:LOGGED_PATH].decode("latin-1"),
        extra={
            "status": response.status_code,
            "ms": round((time.perf_counter() - g.started) * 1000, 1),
            "address": requester_address(),
            "request_id": _request_id(),
        },
    )


def _request_id() -> str | None:
    """What the proxy calls this request in its own log; only in the form that proxies make."""
    given = request.headers.get("X-Request-ID", "")
    return given if re.fullmatch(r"[A-Za-z0-9-]{8,64}", given) else None
