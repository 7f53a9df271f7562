"""What a page needs to draw itself, and the place on the number line where it was read."""

from msgspec import Struct

from hub.locations import Location
from hub.model import MyRating
from hub.store import channels, locations, posts, ratings, review_pages
from hub.store.database import Transaction, required
from hub.store.posts import PostPage
from hub.store.review_pages import ReviewPage


class History(Struct, frozen=True):
    """A channel's state as of `seq`."""

    channel: str
    seq: int
    epoch: str
    posts: PostPage
    reviews: ReviewPage
    rating: MyRating
    locations: list[Location]


def head(tx: Transaction, slug: str) -> tuple[str, int]:
    """Epoch and `seq` of the channel. Raises NotFound."""
    row = tx.one("SELECT epoch, seq FROM channels WHERE slug = :slug", slug=slug)
    if row is None:
        raise channels.no_such_channel(slug)
    return row["epoch"], row["seq"]


def read(tx: Transaction, slug: str, limit: int, reader: int | None = None) -> History:
    """The channel's state with its newest `limit` posts and reviews, as `reader` sees it. Raises NotFound."""
    channel = channels.find(tx, slug)
    row = required(tx.one("SELECT epoch, seq FROM channels WHERE id = :id", id=channel.id))
    return History(
        channel=slug,
        seq=row["seq"],
        epoch=row["epoch"],
        posts=posts.page(tx, channel, limit),
        reviews=review_pages.page(tx, channel, limit, reader=reader),
        rating=ratings.of(tx, channel, reader),
        locations=locations.live(tx, channel),
    )
