"""The cookies of a log-in, and which pages may use them."""

import logging
from functools import cache

from quart import Response, request

from hub import encryption
from hub.errors import Forbidden
from hub.handlers.context import requester, services
from hub.origins import is_same_origin, parse_origin
from hub.tokens import REFRESH_SECONDS

REFRESH = "hub_refresh"
DEVICE = "hub_device"
PATH = "/api/auth"
DEVICE_SECONDS = 365 * 24 * 3600
# A browser takes a cookie of such a name over https only (RFC 6265bis, section 4.1.3.1).
SECURE_PREFIX = "__Secure-"
_LASTING = {REFRESH: REFRESH_SECONDS, DEVICE: DEVICE_SECONDS}
log = logging.getLogger("hub.requests")


def read_cookie(name: str) -> str | None:
    """The cookie of this name. That without the prefix is from plain http, or an earlier version."""
    return request.cookies.get(SECURE_PREFIX + name) or request.cookies.get(name)


def write_cookie(response: Response, name: str, value: str) -> None:
    """Keep `value` in the browser, where neither scripts nor other sites get at it."""
    encrypted = is_encrypted()
    if encrypted and name in request.cookies:
        _delete(response, name, secure=True)
    response.set_cookie(
        SECURE_PREFIX + name if encrypted else name,
        value,
        max_age=_LASTING[name],
        path=PATH,
        secure=encrypted,
        httponly=True,
        samesite="Strict",
    )


def drop_cookie(response: Response, name: str) -> None:
    """Take the cookie away, under both names that it may have."""
    encrypted = is_encrypted()
    _delete(response, name, secure=encrypted)
    if encrypted:
        _delete(response, SECURE_PREFIX + name, secure=True)


def is_encrypted() -> bool:
    """Whether the visitor came over https: trusted proxies say so, or the page itself, which a browser does not forge.

    Over plain http a browser throws a `Secure` cookie away, and the member would be logged out at the next reload.
    """
    if requester().scheme == "https":
        return True
    page = parse_origin(request.headers.get("Origin", ""))
    return page is not None and page.scheme == "https" and _is_own(str(page))


def refuse_foreign_pages() -> None:
    """Raises Forbidden for a request that another site's page made (OWASP: verifying the origin)."""
    origin = request.headers.get("Origin")
    parsed = parse_origin(origin or "")
    if parsed is not None and str(parsed) in services().settings.allowed_origins:
        return
    site = request.headers.get("Sec-Fetch-Site", "none")
    if site in ("cross-site", "same-site") or (origin is not None and not _is_own(origin)):
        raise Forbidden("Pages of that origin may not log in here: the operator lists them in HUB_ALLOWED_ORIGINS.")


@cache
def warn_of_plain_http() -> None:
    """Say once that members log in without encryption."""
    log.warning(
        "a member logged in over plain http: passwords and sessions can be read on the way. %s", encryption.ADVICE
    )


def _is_own(origin: str) -> bool:
    return is_same_origin(origin, request.headers.get("Host", ""), requester().scheme)


def _delete(response: Response, name: str, *, secure: bool) -> None:
    response.delete_cookie(name, path=PATH, httponly=True, samesite="Strict", secure=secure)
