"""The camping handbook, to read without asking the ranger."""

import hashlib
from functools import cache

import msgspec
from msgspec import Struct
from quart import Blueprint, Response
from quart_schema import document_response, tag_blueprint

from hub.handlers.channels import unchanged
from hub.handlers.json import answer
from hub.ranger.handbook import Entry, entries

handbook = Blueprint("handbook", __name__, url_prefix="/api/handbook")
tag_blueprint(handbook, ["chat"])


class HandbookPage(Struct, frozen=True):
    """All entries at once: there is no next page."""

    items: list[Entry]
    next: None = None


@handbook.get("")
@document_response(HandbookPage, 200)
async def every() -> Response:
    """The whole handbook; the first of an entry's topics is its subject."""
    tag = _tag()
    return unchanged(tag) or answer(
        HandbookPage(list(entries())), headers={"ETag": f'"{tag}"', "Cache-Control": "no-cache"}
    )


@cache
def _tag() -> str:
    return hashlib.blake2b(msgspec.json.encode(entries()), digest_size=8).hexdigest()
