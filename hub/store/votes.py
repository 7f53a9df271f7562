"""Helpful votes: one per member and review, counted in the review itself."""

from hub.errors import Forbidden
from hub.model import Review
from hub.store import reviews
from hub.store.database import Transaction
from hub.tokens import Identity


def give(tx: Transaction, voter: Identity, review_id: int) -> Review:
    """Count a member's vote, once. Raises NotFound, Gone, or Forbidden for one's own review."""
    row = reviews.lock(tx, review_id)
    if row["user_id"] == voter.user_id:
        raise Forbidden("This review is yours: others say whether it is helpful.")
    given = tx.run(
        "INSERT INTO helpful_votes (review_id, user_id) VALUES (:review, :user) ON CONFLICT DO NOTHING",
        review=review_id,
        user=voter.user_id,
    )
    return _count(tx, review_id, given)


def withdraw(tx: Transaction, user_id: int, review_id: int) -> Review:
    """Take a member's vote back, if there is one. Raises NotFound or Gone."""
    reviews.lock(tx, review_id)
    taken = tx.run(
        "DELETE FROM helpful_votes WHERE review_id = :review AND user_id = :user", review=review_id, user=user_id
    )
    return _count(tx, review_id, -taken)


def leave(tx: Transaction, user_id: int) -> None:
    """Take back all votes of a member who leaves; those for hidden reviews go with the account, and are counted anew
    when the review is restored.
    """
    rows = tx.all(
        """SELECT review_id FROM helpful_votes JOIN reviews ON reviews.id = helpful_votes.review_id
        WHERE helpful_votes.user_id = :user AND reviews.deleted_at IS NULL
        ORDER BY reviews.channel_id, review_id""",
        user=user_id,
    )
    for row in rows:
        withdraw(tx, user_id, row["review_id"])


def _count(tx: Transaction, review_id: int, change: int) -> Review:
    if change == 0:
        return reviews.get(tx, review_id)
    tx.run("UPDATE reviews SET helpful = helpful + :change WHERE id = :id", change=change, id=review_id)
    return reviews.announce_update(tx, reviews.channel_of(reviews.find(tx, review_id)), review_id)
