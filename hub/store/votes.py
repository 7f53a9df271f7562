"""Helpful votes: one per member and review, counted in the review itself."""

from hub.errors import Forbidden
from hub.model import Review
from hub.store import mutes, reviews
from hub.store.database import Transaction
from hub.tokens import Identity


def give(tx: Transaction, voter: Identity, review_id: int) -> Review:
    """Count a member's vote, once. Raises NotFound, Gone, Muted, or Forbidden for one's own review."""
    row = reviews.lock(tx, review_id)
    if row["user_id"] == voter.user_id:
        raise Forbidden("This review is yours: others say whether it is helpful.")
    mutes.check(tx, voter.user_id, reviews.channel_of(row))
    given = tx.run(
        "INSERT INTO helpful_votes (review_id, user_id) VALUES (:review, :user) ON CONFLICT DO NOTHING",
        review=review_id,
        user=voter.user_id,
    )
    return _count(tx, review_id, given)


def withdraw(tx: Transaction, user_id: int, review_id: int) -> Review:
    """Take a member's vote back, if there is one. Raises NotFound or Gone."""
    reviews.lock(tx, review_id)
    return _count(tx, review_id, -_remove(tx, user_id, review_id))


def leave(tx: Transaction, user_id: int, limit: int) -> int:
    """Take back at most `limit` votes of a member who leaves; returns how many. Hidden reviews are counted anew when
    they are restored.
    """
    rows = tx.all(
        """SELECT review_id, reviews.deleted_at FROM helpful_votes JOIN reviews ON reviews.id = helpful_votes.review_id
        WHERE helpful_votes.user_id = :user ORDER BY review_id LIMIT :limit""",
        user=user_id,
        limit=limit,
    )
    for row in rows:
        if row["deleted_at"] is None:
            withdraw(tx, user_id, row["review_id"])
        else:
            _remove(tx, user_id, row["review_id"])
    return len(rows)


def _remove(tx: Transaction, user_id: int, review_id: int) -> int:
    return tx.run(
        "DELETE FROM helpful_votes WHERE review_id = :review AND user_id = :user", review=review_id, user=user_id
    )


def _count(tx: Transaction, review_id: int, change: int) -> Review:
    if change == 0:
        return reviews.get(tx, review_id)
    tx.run("UPDATE reviews SET helpful = helpful + :change WHERE id = :id", change=change, id=review_id)
    return reviews.announce_update(tx, reviews.channel_of(reviews.find(tx, review_id)), review_id)
