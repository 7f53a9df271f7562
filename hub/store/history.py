"""What a page needs to draw itself, and the place on the number line where it was read."""

from msgspec import Struct

from hub.events import Head
from hub.locations import Location
from hub.model import MyRating
from hub.store import channels, locations, log, posts, ratings, review_pages
from hub.store.database import Transaction
from hub.store.posts import PostPage
from hub.store.review_pages import ReviewPage


class History(Struct, frozen=True):
    """A channel's state as of `seq`."""

    channel: str
    seq: int
    epoch: str
    mark: str
    posts: PostPage
    reviews: ReviewPage
    rating: MyRating
    locations: list[Location]


def head(tx: Transaction, slug: str) -> Head:
    """Where the channel's log is. Raises NotFound."""
    found = log.head(tx, slug)
    if found is None:
        raise channels.no_such_channel(slug)
    return found


def read(tx: Transaction, slug: str, limit: int, reader: int | None = None) -> History:
    """The channel's state with its newest `limit` posts and reviews, as `reader` sees it. Raises NotFound."""
    channel = channels.find(tx, slug)
    at = head(tx, slug)
    return History(
        channel=slug,
        seq=at.seq,
        epoch=at.epoch,
        mark=at.mark,
        posts=posts.page(tx, channel, limit),
        reviews=review_pages.page(tx, channel, limit, reader=reader),
        rating=ratings.of(tx, channel, reader),
        locations=locations.live(tx, channel),
    )
