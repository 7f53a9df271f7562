"""A channel's reviews page by page, in the reader's order."""

from typing import Literal

from msgspec import Struct

from hub.cursor import decode_cursor, encode_cursor
from hub.errors import invalid_field
from hub.model import Review
from hub.store.database import Transaction
from hub.store.log import ChannelRef
from hub.store.reviews import REVIEWS, review_of

Sort = Literal["newest", "highest", "lowest", "helpful"]
_FIRST = 2**63 - 1
# Each order descends by rank and then by id, as an index of the same expression does.
_RANKS: dict[Sort, str] = {
    "newest": "reviews.id",
    "highest": "COALESCE(reviews.stars, 0)",
    "lowest": "(-COALESCE(reviews.stars, 6))",
    "helpful": "reviews.helpful",
}


class ReviewPage(Struct, frozen=True):
    """Reviews in the order asked for; `voted` are those of them that the reader found helpful."""

    items: list[Review]
    next: str | None
    voted: list[int] = []


def page(
    tx: Transaction,
    channel: ChannelRef,
    limit: int,
    cursor: str | None = None,
    sort: Sort = "newest",
    reader: int | None = None,
) -> ReviewPage:
    """The first `limit` reviews by `sort`, or those after `cursor`; equals come newest first.

    Raises InvalidInput for a cursor that is not ours, or is one of another order.
    """
    rank, before = (_FIRST, _FIRST) if cursor is None else _position(cursor, sort)
    by = _RANKS[sort]
    rows = tx.all(
        REVIEWS
        + f""" WHERE reviews.channel_id = :channel AND reviews.deleted_at IS NULL
        AND ({by}, reviews.id) < (:rank, :before) ORDER BY {by} DESC, reviews.id DESC LIMIT :limit""",
        channel=channel.id,
        rank=rank,
        before=before,
        limit=limit + 1,
    )
    items = [review_of(row) for row in rows[:limit]]
    following = encode_cursor(sort, _rank(sort, items[-1]), items[-1].id) if len(rows) > limit else None
    return ReviewPage(items, following, _voted(tx, reader, items))


def _position(cursor: str, sort: Sort) -> tuple[int, int]:
    order, rank, before = decode_cursor(cursor, str, int, int)
    if order != sort:
        raise invalid_field("cursor", f"continues a list in another order than {sort}: start from the first page")
    return int(str(rank)), int(str(before))


def _rank(sort: Sort, review: Review) -> int:
    ranks: dict[Sort, int] = {
        "newest": review.id,
        "highest": review.stars or 0,
        "lowest": -(review.stars or 6),
        "helpful": review.helpful,
    }
    return ranks[sort]


def _voted(tx: Transaction, reader: int | None, items: list[Review]) -> list[int]:
    if reader is None or not items:
        return []
    wanted = {f"id{n}": review.id for n, review in enumerate(items)}
    rows = tx.all(
        f"""SELECT review_id FROM helpful_votes WHERE user_id = :reader
        AND review_id IN ({", ".join(f":{name}" for name in wanted)}) ORDER BY review_id""",
        reader=reader,
        **wanted,
    )
    return [row["review_id"] for row in rows]
