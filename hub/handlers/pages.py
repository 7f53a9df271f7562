"""The browser client: its pages, its files, and the headers that keep it safe."""

import secrets
from functools import cache
from pathlib import Path

from quart import Blueprint, Response, send_from_directory
from quart_schema import hide

from hub.handlers.context import services
from hub.handlers.json import answer

STATIC = Path(__file__).resolve().parent.parent.parent / "static"
NONCE = "__CSP_NONCE__"
PAGES = (
    "/",
    "/channels/<slug>",
    "/login",
    "/register",
    "/account",
    "/map",
    "/analytics",
    "/quiz",
    "/chat",
    "/chat/<conversation>",
    "/search",
    "/handbook",
    "/moderation",
)

pages = Blueprint("pages", __name__)


@hide
async def page(**_: str) -> Response:
    """The single page that all routes of the client are drawn in."""
    nonce = secrets.token_urlsafe(16)
    html = _index().replace(NONCE, nonce)
    return Response(
        html,
        content_type="text/html; charset=utf-8",
        headers={"Content-Security-Policy": _policy(nonce), "Cache-Control": "no-cache"},
    )


for _path in PAGES:
    pages.add_url_rule(_path, endpoint=f"page{_path}", view_func=page)


@pages.get("/static/<path:path>")
@hide
async def file(path: str) -> Response:
    """A file of the client, with an ETag."""
    response = await send_from_directory(STATIC, path, conditional=True)
    response.headers["Cache-Control"] = "no-cache"
    return response


@pages.get("/sw.js")
@hide
async def service_worker() -> Response:
    """The service worker, at the root so that it may serve every page."""
    response = await send_from_directory(STATIC, "sw.js", conditional=True)
    response.headers["Cache-Control"] = "no-cache"
    return response


@pages.get("/favicon.ico")
@hide
async def favicon() -> Response:
    """The icon, for browsers that ask without being told."""
    return await send_from_directory(STATIC, "icon.svg", mimetype="image/svg+xml", conditional=True)


@pages.get("/docs")
@hide
async def docs() -> Response:
    """The API's description to browse."""
    response = await send_from_directory(STATIC, "docs.html")
    response.headers["Content-Security-Policy"] = (
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"
    )
    return response


@pages.get("/api/config")
@hide
async def client_config() -> Response:
    """What the client needs to know of the hub's settings."""
    settings = services().settings
    ranger = "gemini" if settings.gemini_api_key else "offline"
    return answer({"map_tiles": settings.map_tiles, "ranger": ranger})


@cache
def _index() -> str:
    return (STATIC / "index.html").read_text()


def _policy(nonce: str) -> str:
    tiles = services().settings.map_tiles
    tile_host = "/".join(tiles.split("/")[:3]).replace("{s}", "*") if tiles.startswith("http") else ""
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' 'nonce-{nonce}'",
            "style-src 'self'",
            f"img-src 'self' data: blob: {tile_host}".strip(),
            "connect-src 'self' ws: wss:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )
