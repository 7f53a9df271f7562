"""Reviews: as posts, and their stars are their author's rating of the channel.

Whoever changes a rating does it here (`rate`, `unrate`), so that the author's reviews follow.
"""

from datetime import date
from uuid import UUID

import msgspec

from hub.errors import Conflict, Forbidden, Gone, NotFound, invalid_field
from hub.events import Deleted, ReviewCreated, ReviewDeleted, ReviewUpdated
from hub.model import Hidden, Review, ReviewEdit, ReviewInput, later_than
from hub.store import channels, log, mutes, ratings, search_index, verdicts
from hub.store.authors import author_of
from hub.store.database import SLICE, Row, Transaction, required
from hub.store.log import ChannelRef
from hub.store.posts import sees_hidden
from hub.tokens import Identity

REVIEWS = """SELECT reviews.*, channels.slug, users.username, users.name AS author_name,
    users.role AS author_role FROM reviews
    JOIN channels ON channels.id = reviews.channel_id AND channels.deleted_at IS NULL
    LEFT JOIN users ON users.id = reviews.user_id"""


def create(tx: Transaction, author: Identity, slug: str, new: ReviewInput) -> tuple[Review, bool]:
    """Add a review, or return the one that the same `client_id` made; the flag says whether it is new.

    Its stars become the author's rating. Raises NotFound for an unknown channel, Gone when that earlier review has
    been deleted, Muted.
    """
    channel = channels.find(tx, slug)
    earlier = _id_made_by(tx, author.user_id, new.client_id)
    if earlier is not None:
        return get(tx, earlier, author), False
    mutes.check(tx, author.user_id, channel)
    if new.stars is not None:
        rate(tx, author.user_id, channel, new.stars)
    row = required(
        tx.one(
            """INSERT INTO reviews (channel_id, user_id, title, comment, content, stars, visited_on, client_id,
            created_at, updated_at) VALUES (:channel, :user, :title, :comment, :content, :stars, :visited_on,
            :client_id, :now, :now) RETURNING id""",
            channel=channel.id,
            user=author.user_id,
            client_id=None if new.client_id is None else str(new.client_id),
            now=tx.now,
            **_written(new),
        )
    )
    search_index.add(tx, "review", row["id"], channel, new.title, new.comment)
    review = get(tx, row["id"])
    log.append(
        tx,
        channel,
        f"review:{review.id}",
        lambda seq: ReviewCreated(channel=slug, seq=seq, at=tx.now, data=review),
        first=True,
        adding="reviews",
    )
    return review, True


def was_created(tx: Transaction, user_id: int, client_id: UUID | None) -> bool:
    """Whether the member has made a review with this `client_id`, be it deleted since."""
    return _id_made_by(tx, user_id, client_id) is not None


def get(tx: Transaction, review_id: int, reader: Identity | None = None) -> Review:
    """One review, a hidden one too for those who may see it. Raises NotFound, or Gone when it was deleted."""
    return review_of(find(tx, review_id, reader))


def update(tx: Transaction, editor: Identity, review_id: int, new: ReviewEdit) -> Review:
    """Replace a review; other stars change its author's rating, none leave the rating as it is.

    Raises NotFound, Gone, Forbidden (also for other stars than its author's, by anybody else), Muted, Conflict while it
    is hidden, or InvalidInput for stars of an author who has left.
    """
    row = editable(tx, editor, review_id)
    channel = channel_of(row)
    if row["hidden_at"] is not None:
        raise Conflict("This review is hidden by a moderator: it can be deleted, and changed once it is restored.")
    mutes.check(tx, editor.user_id, channel)
    if new.stars is not None:
        if row["user_id"] is None:
            raise invalid_field("stars", "must be null: its author has left, and took the rating along")
        if row["user_id"] != editor.user_id and new.stars != row["stars"]:
            raise Forbidden("Its stars are its author's: you can remove them (null), not change them.")
    if all(row[field] == value for field, value in _written(new).items()):
        return review_of(row)
    if new.stars is not None and row["user_id"] == editor.user_id:
        rate(tx, editor.user_id, channel, new.stars, besides=review_id)
    tx.run(
        """UPDATE reviews SET title = :title, comment = :comment, content = :content, stars = :stars,
        visited_on = :visited_on, updated_at = :now WHERE id = :id""",
        id=review_id,
        now=later_than(row["updated_at"], tx.now),
        **_written(new),
    )
    search_index.add(tx, "review", review_id, channel, new.title, new.comment)
    verdicts.edited(tx, editor, "review", row)
    if new.stars is None and row["stars"] is not None:
        verdicts.stars_removed(tx, editor, row)
    return announce_update(tx, channel, review_id)


def announce_update(tx: Transaction, channel: ChannelRef, review_id: int) -> Review:
    """Log the review as it is now."""
    review = get(tx, review_id)
    log.append(
        tx,
        channel,
        f"review:{review_id}",
        lambda seq: ReviewUpdated(channel=channel.slug, seq=seq, at=tx.now, data=review),
    )
    return review


def delete(tx: Transaction, editor: Identity, review_id: int, *, keep_rating: bool) -> None:
    """Delete a review: its text and votes are erased, its author's rating stays or goes.

    Raises NotFound, Gone or Forbidden.
    """
    row = editable(tx, editor, review_id)
    channel = channel_of(row)
    tx.run("DELETE FROM helpful_votes WHERE review_id = :id", id=review_id)
    tx.run(
        """UPDATE reviews SET title = '', comment = '', content = '{}', stars = NULL, visited_on = NULL, helpful = 0,
        deleted_at = :now, hidden_at = NULL, hidden_reason = '' WHERE id = :id""",
        id=review_id,
        now=tx.now,
    )
    verdicts.deleted(tx, editor, "review", row)
    if row["hidden_at"] is None:
        tx.run("UPDATE channels SET reviews = reviews - 1 WHERE id = :id", id=channel.id)
        log.append(
            tx,
            channel,
            f"review:{review_id}",
            lambda seq: ReviewDeleted(channel=channel.slug, seq=seq, at=tx.now, data=Deleted(review_id)),
        )
    if not keep_rating and row["user_id"] is not None and row["stars"] is not None:
        unrate(tx, row["user_id"], channel, editor)


def rate(tx: Transaction, user_id: int, channel: ChannelRef, stars: int, besides: int = 0) -> None:
    """Set a member's rating of a channel; the member's reviews with stars follow, but for `besides`. Raises Muted."""
    mutes.check(tx, user_id, channel)
    if ratings.put(tx, user_id, channel, stars):
        _follow(tx, user_id, channel, stars, besides)


def unrate(tx: Transaction, user_id: int, channel: ChannelRef, editor: Identity | None = None) -> None:
    """Remove a member's rating of a channel, if there is one; the member's reviews there lose their stars.

    `editor` is who does it when that may be somebody else.
    """
    if ratings.remove(tx, user_id, channel):
        if editor is not None:
            verdicts.rating_removed(tx, editor, user_id, channel)
        _follow(tx, user_id, channel, None, 0)


def follow_on(tx: Transaction) -> bool:
    """Take the next step where a member has more reviews than follow a rating at once; whether there is more to do."""
    row = tx.one(
        """SELECT user_id, channel_id, slug FROM star_changes JOIN channels ON channels.id = channel_id
        ORDER BY user_id, channel_id LIMIT 1"""
    )
    if row is None:
        return False
    user_id, channel = row["user_id"], channel_of(row)
    channels.lock(tx, channel)
    if not _follow(tx, user_id, channel, ratings.stars_of(tx, user_id, channel), 0):
        tx.run(
            "DELETE FROM star_changes WHERE user_id = :user AND channel_id = :channel", user=user_id, channel=channel.id
        )
    return True


def find(tx: Transaction, review_id: int, reader: Identity | None = None) -> Row:
    """A review's row. Raises NotFound, also for one that is hidden from the reader, or Gone when it was deleted."""
    row = tx.one(REVIEWS + " WHERE reviews.id = :id", id=review_id)
    if row is None or (row["hidden_at"] is not None and not sees_hidden(reader, row)):
        raise NotFound(f"There is no review {review_id}.")
    if row["deleted_at"] is not None and row["hidden_at"] is None:
        raise Gone("This review has been deleted.")
    return row


def lock(tx: Transaction, review_id: int, reader: Identity | None = None) -> Row:
    """A review's row, which nobody else changes meanwhile. Raises NotFound or Gone."""
    channels.lock(tx, channel_of(find(tx, review_id, reader)))
    return find(tx, review_id, reader)


def hidden(tx: Transaction, author_id: int) -> list[Review]:
    """What a member wrote and a moderator has hidden, newest first."""
    rows = tx.all(
        REVIEWS + " WHERE reviews.user_id = :user AND reviews.hidden_at IS NOT NULL ORDER BY reviews.id DESC",
        user=author_id,
    )
    return [review_of(row) for row in rows]


def channel_of(row: Row) -> ChannelRef:
    """The channel of a review's row."""
    return ChannelRef(row["channel_id"], row["slug"])


def editable(tx: Transaction, editor: Identity, review_id: int) -> Row:
    """A review's row for somebody who may change it. Raises NotFound, Gone or Forbidden."""
    row = lock(tx, review_id, editor)
    if row["user_id"] != editor.user_id and editor.role == "visitor":
        raise Forbidden("Only its author or a moderator can change this review.")
    return row


def _follow(tx: Transaction, user_id: int, channel: ChannelRef, stars: int | None, besides: int) -> bool:
    """Give some of a member's reviews with stars those of the rating; whether there may be more."""
    rows = tx.all(
        """SELECT id, updated_at FROM reviews WHERE user_id = :user AND channel_id = :channel AND id <> :besides
        AND stars <> :stars AND deleted_at IS NULL LIMIT :limit""",
        user=user_id,
        channel=channel.id,
        besides=besides,
        stars=stars or 0,
        limit=SLICE,
    )
    for row in rows:
        tx.run(
            "UPDATE reviews SET stars = :stars, updated_at = :now WHERE id = :id",
            stars=stars,
            now=later_than(row["updated_at"], tx.now),
            id=row["id"],
        )
        announce_update(tx, channel, row["id"])
    if len(rows) < SLICE:
        return False
    tx.run(
        "INSERT INTO star_changes (user_id, channel_id) VALUES (:user, :channel) ON CONFLICT DO NOTHING",
        user=user_id,
        channel=channel.id,
    )
    return True


def _id_made_by(tx: Transaction, user_id: int, client_id: UUID | None) -> int | None:
    if client_id is None:
        return None
    row = tx.one(
        "SELECT id FROM reviews WHERE user_id = :user AND client_id = :client_id",
        user=user_id,
        client_id=str(client_id),
    )
    return None if row is None else int(row["id"])


def _written(new: ReviewEdit) -> dict[str, str | int | None]:
    return {
        "title": new.title,
        "comment": new.comment,
        "content": msgspec.json.encode(new.content).decode(),
        "stars": new.stars,
        "visited_on": None if new.visited_on is None else new.visited_on.isoformat(),
    }


def review_of(row: Row) -> Review:
    """The review that a row of REVIEWS holds."""
    return Review(
        id=row["id"],
        channel=row["slug"],
        author=author_of(row),
        title=row["title"],
        comment=row["comment"],
        content=msgspec.json.decode(row["content"]),
        stars=row["stars"],
        visited_on=None if row["visited_on"] is None else date.fromisoformat(row["visited_on"]),
        helpful=row["helpful"],
        edited=row["updated_at"] > row["created_at"],
        client_id=row["client_id"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        hidden=None if row["hidden_at"] is None else Hidden(row["hidden_at"], row["hidden_reason"]),
    )
