"""Search in what the community wrote."""

from msgspec import Struct
from quart import Blueprint, Response, request
from quart_schema import document_querystring, document_response, tag_blueprint

from hub.cursor import page_limit
from hub.errors import invalid_field
from hub.handlers.context import scan
from hub.handlers.json import answer
from hub.store import search as store
from hub.store.search import FoundPage
from hub.terms import terms, words

search = Blueprint("search", __name__, url_prefix="/api")
tag_blueprint(search, ["search"])
MAX_LETTERS = 4_000


class SearchQuery(Struct, frozen=True):
    """The words to look for, and the slug of the channel to look in."""

    q: str
    channel: str | None = None


@search.get("/search")
@document_querystring(SearchQuery)
@document_response(FoundPage, 200)
async def find() -> Response:
    """Posts and reviews that have all the words, best first; in one channel or in all."""
    asked, slug = request.args.get("q", ""), request.args.get("channel")
    limit, cursor = page_limit(request.args.get("limit")), request.args.get("cursor")
    if not asked.strip() or len(asked) > MAX_LETTERS:
        raise invalid_field("q", f"must be what to look for, at most {MAX_LETTERS} letters")
    wanted = terms(asked) or words(asked)[:4]
    return answer(await scan(lambda tx: store.page(tx, wanted, slug, limit, cursor)))
