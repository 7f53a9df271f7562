"""Hiding and restoring what somebody wrote.

Hidden is `post.deleted` to everybody who reads along, restored is `post.created` with the whole post again. A hidden
review's stars go on counting: they are its author's rating of the channel, which a moderator can remove by itself.
"""

from msgspec import Struct

from hub.cursor import decode_cursor, encode_cursor
from hub.events import Deleted, DurableEvent, PostCreated, PostDeleted, ReviewCreated, ReviewDeleted
from hub.model import Post, Review, later_than
from hub.moderation import Action, HiddenThing, Kind, Standing
from hub.store import log, mutes, posts, ratings, reviews, search_index, verdicts
from hub.store.database import Row, Transaction
from hub.store.log import ChannelRef
from hub.tokens import Identity

Thing = Post | Review


class HiddenPage(Struct, frozen=True):
    """Hidden posts and reviews; `next` continues with those hidden earlier."""

    items: list[HiddenThing]
    next: str | None


# The things' table, which is also the name of their count in the channel.
TABLES: dict[Kind, str] = {"post": "posts", "review": "reviews"}
_ACTIONS: dict[tuple[Kind, bool], Action] = {
    ("post", True): "post.hidden",
    ("post", False): "post.restored",
    ("review", True): "review.hidden",
    ("review", False): "review.restored",
}


def get(tx: Transaction, reader: Identity, kind: Kind, thing_id: int) -> Thing:
    """A post or a review as the reader may see it. Raises NotFound or Gone."""
    return posts.get(tx, thing_id, reader) if kind == "post" else reviews.get(tx, thing_id, reader)


def lock(tx: Transaction, reader: Identity, kind: Kind, thing_id: int) -> Row:
    """The row of a post or a review, which nobody else changes meanwhile. Raises NotFound or Gone."""
    return posts.lock(tx, thing_id, reader) if kind == "post" else reviews.lock(tx, thing_id, reader)


def hide(tx: Transaction, moderator: Identity, kind: Kind, thing_id: int, reason: str) -> Thing:
    """Take a thing out of sight; the reports about it are settled. Raises NotFound or Gone."""
    row = lock(tx, moderator, kind, thing_id)
    if row["hidden_at"] is not None:
        return get(tx, moderator, kind, thing_id)
    tx.run(
        f"UPDATE {TABLES[kind]} SET hidden_at = :now, deleted_at = :now, hidden_reason = :reason WHERE id = :id",
        id=thing_id,
        now=tx.now,
        reason=reason,
    )
    channel = ChannelRef(row["channel_id"], row["slug"])
    _count(tx, channel, kind, -1)
    log.append(tx, channel, f"{kind}:{thing_id}", lambda seq: _deleted(kind, channel.slug, seq, tx.now, thing_id))
    verdicts.settle(tx, kind, thing_id, "hidden")
    _record(tx, moderator, kind, row, hidden=True, reason=reason)
    return get(tx, moderator, kind, thing_id)


def restore(tx: Transaction, moderator: Identity, kind: Kind, thing_id: int) -> Thing:
    """Bring a hidden thing back. Raises NotFound or Gone."""
    row = lock(tx, moderator, kind, thing_id)
    if row["hidden_at"] is None:
        return get(tx, moderator, kind, thing_id)
    tx.run(
        f"UPDATE {TABLES[kind]} SET hidden_at = NULL, deleted_at = NULL, hidden_reason = '' WHERE id = :id",
        id=thing_id,
    )
    channel = ChannelRef(row["channel_id"], row["slug"])
    if kind == "review":
        _catch_up(tx, channel, row)
    _count(tx, channel, kind, 1)
    search_index.add(tx, kind, thing_id, channel, row["title"], row["comment"])
    thing = get(tx, moderator, kind, thing_id)
    log.append(tx, channel, f"{kind}:{thing_id}", lambda seq: _created(thing, seq, tx.now))
    _record(tx, moderator, kind, row, hidden=False)
    return thing


def page(tx: Transaction, moderator: Identity, limit: int, cursor: str | None = None) -> HiddenPage:
    """What is hidden, the latest first. Raises InvalidInput for a cursor that is not ours."""
    before = ("9", "", 0) if cursor is None else decode_cursor(cursor, str, str, int)
    rows = tx.all(
        """SELECT * FROM (
            SELECT 'post' AS kind, id, hidden_at FROM posts WHERE hidden_at IS NOT NULL
            UNION ALL SELECT 'review' AS kind, id, hidden_at FROM reviews WHERE hidden_at IS NOT NULL) AS hidden
        WHERE (hidden_at, kind, id) < (:at, :kind, :id) ORDER BY hidden_at DESC, kind DESC, id DESC LIMIT :limit""",
        at=str(before[0]),
        kind=str(before[1]),
        id=int(str(before[2])),
        limit=limit + 1,
    )
    items = [_hidden(tx, moderator, row) for row in rows[:limit]]
    last = rows[limit - 1] if len(rows) > limit else None
    return HiddenPage(items, None if last is None else encode_cursor(last["hidden_at"], last["kind"], last["id"]))


def standing(tx: Transaction, user_id: int) -> Standing:
    """What moderators have decided about a member."""
    return Standing(mutes.of(tx, user_id), posts.hidden(tx, user_id), reviews.hidden(tx, user_id))


def _hidden(tx: Transaction, moderator: Identity, row: Row) -> HiddenThing:
    if row["kind"] == "post":
        return HiddenThing("post", post=posts.get(tx, row["id"], moderator))
    return HiddenThing("review", review=reviews.get(tx, row["id"], moderator))


def _catch_up(tx: Transaction, channel: ChannelRef, row: Row) -> None:
    """Give a review what has changed while it was hidden: its author's rating, and who found it helpful."""
    had_stars = row["stars"] is not None and row["user_id"] is not None
    stars = ratings.stars_of(tx, row["user_id"], channel) if had_stars else None
    tx.run(
        """UPDATE reviews SET stars = :stars, updated_at = :changed,
        helpful = (SELECT count(*) FROM helpful_votes WHERE review_id = :id) WHERE id = :id""",
        id=row["id"],
        stars=stars,
        changed=row["updated_at"] if stars == row["stars"] else later_than(row["updated_at"], tx.now),
    )


def _count(tx: Transaction, channel: ChannelRef, kind: Kind, change: int) -> None:
    count = TABLES[kind]
    tx.run(f"UPDATE channels SET {count} = {count} + :change WHERE id = :id", change=change, id=channel.id)


def _deleted(kind: Kind, slug: str, seq: int, at: str, thing_id: int) -> DurableEvent:
    event = PostDeleted if kind == "post" else ReviewDeleted
    return event(channel=slug, seq=seq, at=at, data=Deleted(thing_id))


def _created(thing: Thing, seq: int, at: str) -> DurableEvent:
    if isinstance(thing, Post):
        return PostCreated(channel=thing.channel, seq=seq, at=at, data=thing)
    return ReviewCreated(channel=thing.channel, seq=seq, at=at, data=thing)


def _record(tx: Transaction, moderator: Identity, kind: Kind, row: Row, *, hidden: bool, reason: str = "") -> None:
    verdicts.record(
        tx,
        moderator,
        _ACTIONS[kind, hidden],
        member_id=row["user_id"],
        channel_id=row["channel_id"],
        thing_id=row["id"],
        reason=reason,
    )
