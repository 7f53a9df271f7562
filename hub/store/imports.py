"""What was moved in from elsewhere: remembered by its source, so that moving in again takes nothing twice.

Sources are kept as hashes: who deletes an account leaves no name behind here. Rows are written without events, and the
channels get new epochs instead: whoever is there fetches the history once, however much has come.
"""

import hashlib

from msgspec import Struct

from hub.store import search_index
from hub.store.database import Transaction, required


class OldPost(Struct, frozen=True):
    """A post of another site; the author is None when that is no longer known, `content` is a JSON object's text."""

    channel_id: int
    user_id: int | None
    title: str
    comment: str
    content: str
    created_at: str


class OldReview(OldPost, frozen=True):
    """A review of another site; its stars are its author's rating."""

    stars: int | None
    visited_on: str | None


def find(tx: Transaction, source: str) -> int | None:
    """The id of what was made from `source`, be it deleted since; None when that was never moved in."""
    row = tx.one("SELECT new_id FROM import_sources WHERE source = :source", source=_key(source))
    return None if row is None else int(row["new_id"])


def remember(tx: Transaction, source: str, new_id: int) -> None:
    """Keep what was made from `source`."""
    tx.run(
        "INSERT INTO import_sources (source, new_id, imported_at) VALUES (:source, :new_id, :now)",
        source=_key(source),
        new_id=new_id,
        now=tx.now,
    )


def add_post(tx: Transaction, post: OldPost) -> int:
    """Add a post as it was; returns its id."""
    row = tx.one(
        """INSERT INTO posts (channel_id, user_id, title, comment, content, created_at, updated_at)
        VALUES (:channel, :user, :title, :comment, :content, :at, :at) RETURNING id""",
        channel=post.channel_id,
        user=post.user_id,
        title=post.title,
        comment=post.comment,
        content=post.content,
        at=post.created_at,
    )
    tx.run("UPDATE channels SET posts = posts + 1 WHERE id = :id", id=post.channel_id)
    added = int(required(row)["id"])
    search_index.add(tx, "post", added, post.channel_id, post.title, post.comment)
    return added


def add_review(tx: Transaction, review: OldReview) -> int:
    """Add a review as it was; returns its id."""
    row = tx.one(
        """INSERT INTO reviews (channel_id, user_id, title, comment, content, stars, visited_on, created_at, updated_at)
        VALUES (:channel, :user, :title, :comment, :content, :stars, :visited_on, :at, :at) RETURNING id""",
        channel=review.channel_id,
        user=review.user_id,
        title=review.title,
        comment=review.comment,
        content=review.content,
        stars=review.stars,
        visited_on=review.visited_on,
        at=review.created_at,
    )
    tx.run("UPDATE channels SET reviews = reviews + 1 WHERE id = :id", id=review.channel_id)
    added = int(required(row)["id"])
    search_index.add(tx, "review", added, review.channel_id, review.title, review.comment)
    return added


def _key(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()
