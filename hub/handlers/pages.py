"""The browser client: its pages, its files, and the headers that keep it safe."""

import hashlib
import secrets
from collections.abc import Callable
from functools import cache
from pathlib import Path

from quart import Blueprint, Response, request, send_from_directory
from quart_schema import hide

from hub.errors import Gone, NotFound, Unavailable
from hub.handlers.context import services
from hub.handlers.json import answer
from hub.handlers.policy import DOCS, page_policy
from hub.store import channels, posts, reviews
from hub.store.database import Transaction

STATIC = Path(__file__).resolve().parent.parent.parent / "static"
NONCE = "__CSP_NONCE__"
VERSION = "__HUB_CLIENT__"
PAGES = (
    "/",
    "/login",
    "/register",
    "/account",
    "/map",
    "/analytics",
    "/quiz",
    "/chat",
    # Whose conversation it is, only its owner learns: every number has the same answer.
    "/chat/<int:conversation>",
    "/search",
    "/handbook",
    "/moderation",
)

pages = Blueprint("pages", __name__)


def page(status: int = 200) -> Response:
    """The single page that all routes of the client are drawn in."""
    nonce = secrets.token_urlsafe(16)
    policy = page_policy(nonce, request.host, services().settings.map_tiles)
    return Response(
        _index().replace(NONCE, nonce),
        status,
        content_type="text/html; charset=utf-8",
        headers={"Content-Security-Policy": policy, "Cache-Control": "no-cache"},
    )


def wants_page() -> bool:
    """Whether this request is a browser's for a page, and not a program's for data or a page's for a file."""
    is_page = request.method in ("GET", "HEAD") and not request.path.startswith(("/api/", "/static/", "/ws/"))
    return is_page and request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html"


@hide
async def _page(**_: object) -> Response:
    return page()


for _path in PAGES:
    pages.add_url_rule(_path, endpoint=f"page{_path}", view_func=_page, strict_slashes=False)


@pages.get("/channels/<slug>", strict_slashes=False)
@hide
async def channel_page(slug: str) -> Response:
    """A channel's page; 404 where there is none of this name."""
    return page(await _status(lambda tx: channels.find(tx, slug)))


@pages.get("/posts/<int:post_id>", strict_slashes=False)
@hide
async def post_page(post_id: int) -> Response:
    """The page of one post, which leads on to its channel; 404 where there is none for everybody to read."""
    return page(await _status(lambda tx: posts.get(tx, post_id)))


@pages.get("/reviews/<int:review_id>", strict_slashes=False)
@hide
async def review_page(review_id: int) -> Response:
    """The page of one review, which leads on to its channel; 404 where there is none for everybody to read."""
    return page(await _status(lambda tx: reviews.get(tx, review_id)))


async def _status(find: Callable[[Transaction], object]) -> int:
    """404 where `find` finds nothing. While the store is away the page is drawn from what the browser has kept."""
    try:
        await services().database.read(find)
    except (NotFound, Gone):
        return 404
    except Unavailable:
        return 200
    return 200


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
    response.headers["Content-Security-Policy"] = DOCS
    return response


@pages.get("/api/config")
@hide
async def client_config() -> Response:
    """What the client needs to know of the hub's settings."""
    settings = services().settings
    ranger = "gemini" if settings.gemini_api_key else "offline"
    wants_https = settings.env == "production"
    return answer({"map_tiles": settings.map_tiles, "ranger": ranger, "wants_https": wants_https})


@cache
def _index() -> str:
    return (STATIC / "index.html").read_text().replace(VERSION, client_version())


@cache
def client_version() -> str:
    """A name for what is in the client's files, all of them: they have to fit together."""
    digest = hashlib.sha256()
    for path in sorted(path for path in STATIC.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(STATIC)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]
