"""The end of a channel: what was in it is erased in steps, each a unit of its own of at most 100 rows.

The channel is out of sight already, and a worker goes on with what another left unfinished.
"""

from hub.store.database import SLICE, Transaction

# What refers to something else in the channel comes before it.
_STEPS = (
    """DELETE FROM helpful_votes WHERE (review_id, user_id) IN (
    SELECT helpful_votes.review_id, helpful_votes.user_id FROM reviews
    JOIN helpful_votes ON helpful_votes.review_id = reviews.id
    WHERE reviews.channel_id = :channel AND reviews.deleted_at IS NULL LIMIT :limit)""",
    """DELETE FROM posts WHERE id IN (
    SELECT id FROM posts WHERE channel_id = :channel AND deleted_at IS NULL LIMIT :limit)""",
    """DELETE FROM posts WHERE id IN (
    SELECT id FROM posts WHERE channel_id = :channel AND deleted_at IS NOT NULL LIMIT :limit)""",
    """DELETE FROM reviews WHERE id IN (
    SELECT id FROM reviews WHERE channel_id = :channel AND deleted_at IS NULL LIMIT :limit)""",
    """DELETE FROM reviews WHERE id IN (
    SELECT id FROM reviews WHERE channel_id = :channel AND deleted_at IS NOT NULL LIMIT :limit)""",
    "DELETE FROM ratings WHERE id IN (SELECT id FROM ratings WHERE channel_id = :channel LIMIT :limit)",
    "DELETE FROM locations WHERE id IN (SELECT id FROM locations WHERE channel_id = :channel LIMIT :limit)",
    "DELETE FROM mutes WHERE id IN (SELECT id FROM mutes WHERE channel_id = :channel LIMIT :limit)",
    """UPDATE conversations SET channel_id = NULL WHERE id IN (
    SELECT id FROM conversations WHERE channel_id = :channel LIMIT :limit)""",
    """UPDATE audit_log SET channel_id = NULL WHERE id IN (
    SELECT id FROM audit_log WHERE channel_id = :channel LIMIT :limit)""",
    "DELETE FROM rating_months WHERE channel_id = :channel",
    """DELETE FROM event_log WHERE channel_id = :channel AND seq IN (
    SELECT seq FROM event_log WHERE channel_id = :channel LIMIT :limit)""",
)


def unfinished(tx: Transaction) -> list[int]:
    """The channels whose end has begun."""
    rows = tx.all("SELECT id FROM channels WHERE deleted_at IS NOT NULL AND erased_at IS NULL ORDER BY id LIMIT 10")
    return [row["id"] for row in rows]


def go_on(tx: Transaction, channel_id: int) -> bool:
    """Take the next step; whether there is more to do."""
    left = SLICE
    for statement in _STEPS:
        left -= tx.run(statement, channel=channel_id, limit=left)
        if left <= 0:
            return True
    # The bare row stays: to remove it, a database looks through all posts for some that refer to it.
    tx.run(
        """UPDATE channels SET erased_at = :now, name = '', group_name = '', description = '', park = NULL
        WHERE id = :channel AND deleted_at IS NOT NULL""",
        channel=channel_id,
        now=tx.now,
    )
    return False
