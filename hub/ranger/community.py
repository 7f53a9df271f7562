"""What visitors wrote about a question, found by full-text search."""

from collections.abc import Sequence

from hub.ranger.model import ContextItem, Source
from hub.store import search
from hub.store.database import Database
from hub.store.search import Found
from hub.terms import share

LIMIT = 6
_ENOUGH = 0.5


class Community:
    """Searches the posts and reviews of one park, or of all."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, terms: Sequence[str], slug: str | None) -> list[ContextItem]:
        """What has at least half of the words, best first. Raises Unavailable, or NotFound for an unknown channel."""
        found = await self._database.scan(lambda tx: search.find(tx, terms, slug, LIMIT, all_words=False))
        return [_item(one) for one in found if share(f"{one.title} {one.excerpt}", terms) >= _ENOUGH * len(terms)]


def _item(found: Found) -> ContextItem:
    tab = "?tab=reviews" if found.kind == "review" else ""
    href = f"/channels/{found.channel}{tab}#{found.kind}-{found.id}"
    return ContextItem(found.kind, found.title, found.excerpt, Source(found.kind, str(found.id), found.title, href))
