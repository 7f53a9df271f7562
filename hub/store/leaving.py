"""The end of an account: what is personal goes, posts and reviews stay as by a "former member".

It is done in steps of at most 100 rows, each a unit of its own, so that nobody waits for the end of a large account; a
worker goes on with what another left unfinished. Nothing that was written is logged again: small events name the posts
and reviews by their ids, and the author is taken out of the entries that the log has of them.
"""

from collections.abc import Callable
from itertools import groupby

import msgspec

from hub.events import LEFT, Member
from hub.model import FORMER_MEMBER
from hub.moderation import Kind
from hub.store import authors, ratings, votes
from hub.store.database import SLICE, Row, Transaction
from hub.store.log import ChannelRef

_NOBODY = {"username": None, "name": FORMER_MEMBER}
# What goes without a word: at most `limit` rows of a table, found by an index.
_SILENT = (
    """DELETE FROM messages WHERE id IN (SELECT messages.id FROM conversations
    JOIN messages ON messages.conversation_id = conversations.id WHERE conversations.user_id = :user LIMIT :limit)""",
    "DELETE FROM conversations WHERE id IN (SELECT id FROM conversations WHERE user_id = :user LIMIT :limit)",
    "DELETE FROM quiz_results WHERE id IN (SELECT id FROM quiz_results WHERE user_id = :user LIMIT :limit)",
    "DELETE FROM reports WHERE id IN (SELECT id FROM reports WHERE user_id = :user LIMIT :limit)",
    """UPDATE audit_log SET actor_id = NULL WHERE id IN (
    SELECT id FROM audit_log WHERE actor_id = :user LIMIT :limit)""",
    """UPDATE audit_log SET member_id = NULL WHERE id IN (
    SELECT id FROM audit_log WHERE member_id = :user LIMIT :limit)""",
)


def begin(tx: Transaction, user_id: int) -> None:
    """Take the account out of use, for good."""
    tx.run("DELETE FROM locations WHERE user_id = :user", user=user_id)
    tx.run("DELETE FROM areas WHERE user_id = :user", user=user_id)
    tx.run(
        "UPDATE users SET left_at = :now, password_hash = '', role = 'visitor' WHERE id = :user",
        user=user_id,
        now=tx.now,
    )


def unfinished(tx: Transaction) -> list[int]:
    """The accounts whose end has begun."""
    return [row["id"] for row in tx.all("SELECT id FROM users WHERE left_at IS NOT NULL ORDER BY id LIMIT 10")]


def go_on(tx: Transaction, user_id: int) -> bool:
    """Take the next step; whether there is more to do."""
    left = SLICE
    for step in _STEPS:
        left -= step(tx, user_id, left)
        if left <= 0:
            return True
    _forget_names(tx, user_id)
    tx.run("DELETE FROM users WHERE id = :user", user=user_id)
    return False


def _leave_posts(tx: Transaction, user_id: int, limit: int) -> int:
    rows = tx.all(
        """SELECT posts.id, posts.channel_id, channels.slug, posts.deleted_at FROM posts
        JOIN channels ON channels.id = posts.channel_id WHERE posts.user_id = :user
        ORDER BY posts.channel_id, posts.id LIMIT :limit""",
        user=user_id,
        limit=limit,
    )
    tx.many(
        "UPDATE posts SET user_id = NULL, client_id = NULL WHERE id = :id",
        [{"id": row["id"]} for row in rows],
    )
    _tell(tx, "post", rows)
    return len(rows)


def _leave_reviews(tx: Transaction, user_id: int, limit: int) -> int:
    rows = tx.all(
        """SELECT reviews.id, reviews.channel_id, channels.slug, reviews.deleted_at FROM reviews
        JOIN channels ON channels.id = reviews.channel_id WHERE reviews.user_id = :user
        ORDER BY reviews.channel_id, reviews.id LIMIT :limit""",
        user=user_id,
        limit=limit,
    )
    tx.many(
        "UPDATE reviews SET user_id = NULL, client_id = NULL, stars = NULL WHERE id = :id",
        [{"id": row["id"]} for row in rows],
    )
    _tell(tx, "review", rows)
    return len(rows)


def _leave_ratings(tx: Transaction, user_id: int, limit: int) -> int:
    channels = ratings.channels_of(tx, user_id)[:limit]
    for channel in channels:
        ratings.remove(tx, user_id, channel)
    return len(channels)


def _silent(statement: str) -> Callable[[Transaction, int, int], int]:
    return lambda tx, user_id, limit: tx.run(statement, user=user_id, limit=limit)


_STEPS = (votes.leave, _leave_posts, _leave_reviews, _leave_ratings, *map(_silent, _SILENT))


def _tell(tx: Transaction, kind: Kind, rows: list[Row]) -> None:
    """Say in each channel which of these are by a former member now; `rows` are in the channels' order."""
    shown = (row for row in rows if row["deleted_at"] is None)
    for (channel_id, slug), its in groupby(shown, key=lambda row: (row["channel_id"], row["slug"])):
        channel, ids = ChannelRef(channel_id, slug), [row["id"] for row in its]
        for thing_id in ids:
            _rewrite(tx, channel, kind, thing_id)
        authors.announce(tx, channel, f"{LEFT}{kind}:{ids[0]}", _former(kind, ids))


def _former(kind: Kind, ids: list[int]) -> Member:
    if kind == "post":
        return Member(None, FORMER_MEMBER, posts=ids)
    return Member(None, FORMER_MEMBER, reviews=ids)


def _rewrite(tx: Transaction, channel: ChannelRef, kind: Kind, thing_id: int) -> None:
    """Take the author out of what the log has of a thing; its place and its mark stay."""
    row = tx.one(
        "SELECT seq, event FROM event_log WHERE channel_id = :channel AND entity = :entity AND event IS NOT NULL",
        channel=channel.id,
        entity=f"{kind}:{thing_id}",
    )
    if row is None:
        return
    event = msgspec.json.decode(row["event"])
    event["data"] |= {"author": _NOBODY, "client_id": None}
    if kind == "review":
        event["data"]["stars"] = None
    tx.run(
        "UPDATE event_log SET event = :event WHERE channel_id = :channel AND seq = :seq",
        event=msgspec.json.encode(event).decode(),
        channel=channel.id,
        seq=row["seq"],
    )


def _forget_names(tx: Transaction, user_id: int) -> None:
    """Put something without a name in the place of what the logs say of the member's names."""
    entity = authors.entity_of(user_id)
    rows = tx.all(
        """SELECT id, slug FROM channels WHERE (SELECT seq FROM event_log WHERE channel_id = channels.id
        AND entity = :entity AND event IS NOT NULL) IS NOT NULL ORDER BY id""",
        entity=entity,
    )
    for row in rows:
        authors.announce(tx, ChannelRef(row["id"], row["slug"]), entity, Member(None, FORMER_MEMBER))
