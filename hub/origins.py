"""Origins of pages (RFC 6454): whether the page that asks belongs to this hub."""

import re
from typing import NamedTuple

_DEFAULT_PORTS = {"http": 80, "https": 443}
_ORIGIN = re.compile(r"(https?)://(.+)")
_AUTHORITY = re.compile(r"(\[[0-9a-f:.]+\]|[^\s:/?#@\\\[\],]+)(?::(\d{0,5}))?")


class Origin(NamedTuple):
    """Scheme, host and port of a page, in lower case."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        port = "" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"


def parse_origin(text: str) -> Origin | None:
    """An `Origin` header or setting, None when it is no origin of a page (`null` is none)."""
    found = _ORIGIN.fullmatch(text.lower())
    if found is None:
        return None
    authority = _parse_authority(found[2], _DEFAULT_PORTS[found[1]])
    return None if authority is None else Origin(found[1], *authority)


def is_same_origin(origin: str, host: str, scheme: str) -> bool:
    """Whether a page of `origin` was served by the hub that it asks, by the `Host` and scheme of the request.

    The port that a scheme implies may be written or left out. Behind a proxy that it does not trust the hub sees http
    where the page is on https, so only the other way round counts: what came over https is not for a page on http.
    """
    page = parse_origin(origin)
    if page is None or (scheme == "https" and page.scheme == "http"):
        return False
    return _parse_authority(host.lower(), _DEFAULT_PORTS[page.scheme]) == (page.host, page.port)


def _parse_authority(text: str, default_port: int) -> tuple[str, int] | None:
    found = _AUTHORITY.fullmatch(text)
    if found is None:
        return None
    port = int(found[2]) if found[2] else default_port
    return (found[1], port) if 0 < port < 65536 else None
