"""Content-Security-Policy (https://www.w3.org/TR/CSP3/): what each kind of page may load, run and connect to."""

import re

# Anything that is answered as a page without being one of ours: it loads and runs nothing.
NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
# Swagger UI puts styles into its elements.
DOCS = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(:\d{1,5})?")


def page_policy(nonce: str, host: str, tiles: str) -> str:
    """The policy of the client's pages on `host` (as the browser calls it), with map tiles from the URL `tiles`."""
    tile_host = "/".join(tiles.split("/")[:3]).replace("{s}", "*") if tiles.startswith("http") else ""
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' 'nonce-{nonce}'",
            "style-src 'self'",
            f"img-src 'self' data: blob: {tile_host}".strip(),
            f"connect-src 'self' {_sockets(host)}".strip(),
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def _sockets(host: str) -> str:
    """The websockets of the page's own host: Safari before 15.4 does not take them for 'self'.

    A host that a policy cannot name (an IPv6 address, or what no browser sends) is left to 'self'.
    """
    return f"ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
