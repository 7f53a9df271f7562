"""What a page needs to draw itself, and the place on the number line where it was read."""

from msgspec import Struct

from hub.model import Rating
from hub.store import channels, posts
from hub.store.database import Transaction, required
from hub.store.posts import PostPage


class History(Struct, frozen=True):
    """A channel's state as of `seq`."""

    channel: str
    seq: int
    epoch: str
    posts: PostPage
    rating: Rating


def head(tx: Transaction, slug: str) -> tuple[str, int]:
    """Epoch and `seq` of the channel. Raises NotFound."""
    row = tx.one("SELECT epoch, seq FROM channels WHERE slug = :slug", slug=slug)
    if row is None:
        raise channels.no_such_channel(slug)
    return row["epoch"], row["seq"]


def read(tx: Transaction, slug: str, limit: int) -> History:
    """The channel's state with its newest `limit` posts. Raises NotFound."""
    channel = channels.find(tx, slug)
    row = required(tx.one("SELECT epoch, seq FROM channels WHERE id = :id", id=channel.id))
    return History(
        channel=slug,
        seq=row["seq"],
        epoch=row["epoch"],
        posts=posts.page(tx, channel, limit),
        rating=channels.rating(tx, channel),
    )
