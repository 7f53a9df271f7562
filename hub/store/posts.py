"""Posts: created once per `client_id`, edited and deleted by their author or a moderator."""

from uuid import UUID

import msgspec
from msgspec import Struct

from hub.cursor import decode_cursor, encode_cursor
from hub.errors import Forbidden, Gone, NotFound
from hub.events import Deleted, PostCreated, PostDeleted, PostUpdated
from hub.model import FORMER_MEMBER, Author, Post, PostEdit, PostInput
from hub.store import channels, log
from hub.store.database import Row, Transaction, required
from hub.store.log import ChannelRef
from hub.tokens import Identity

_POSTS = """SELECT posts.*, channels.slug, users.username, users.name AS author_name FROM posts
    JOIN channels ON channels.id = posts.channel_id LEFT JOIN users ON users.id = posts.user_id"""


class PostPage(Struct, frozen=True):
    """Posts, newest first; `next` continues with older ones."""

    items: list[Post]
    next: str | None


def create(tx: Transaction, author: Identity, slug: str, new: PostInput) -> tuple[Post, bool]:
    """Add a post, or return the one that the same `client_id` made; the flag says whether it is new.

    Raises NotFound for an unknown channel, Gone when that earlier post has been deleted.
    """
    channel = channels.find(tx, slug)
    earlier = _id_made_by(tx, author.user_id, new.client_id)
    if earlier is not None:
        return get(tx, earlier), False
    row = required(
        tx.one(
            """INSERT INTO posts (channel_id, user_id, title, comment, content, client_id, created_at, updated_at)
            VALUES (:channel, :user, :title, :comment, :content, :client_id, :now, :now) RETURNING id""",
            channel=channel.id,
            user=author.user_id,
            title=new.title,
            comment=new.comment,
            content=msgspec.json.encode(new.content).decode(),
            client_id=None if new.client_id is None else str(new.client_id),
            now=tx.now,
        )
    )
    tx.run("UPDATE channels SET posts = posts + 1 WHERE id = :id", id=channel.id)
    post = get(tx, row["id"])
    log.append(
        tx,
        channel,
        f"post:{post.id}",
        lambda seq: PostCreated(channel=slug, seq=seq, at=tx.now, data=post),
        first=True,
    )
    return post, True


def was_created(tx: Transaction, user_id: int, client_id: UUID | None) -> bool:
    """Whether the member has made a post with this `client_id`, be it deleted since."""
    return _id_made_by(tx, user_id, client_id) is not None


def get(tx: Transaction, post_id: int) -> Post:
    """One post. Raises NotFound, or Gone when it was deleted."""
    return _post(_row(tx, post_id))


def page(tx: Transaction, channel: ChannelRef, limit: int, cursor: str | None = None) -> PostPage:
    """The newest posts, or those before `cursor`. Raises InvalidInput for a cursor that is not ours."""
    before = 2**63 - 1 if cursor is None else decode_cursor(cursor, int)[0]
    rows = tx.all(
        _POSTS
        + """ WHERE posts.channel_id = :channel AND posts.deleted_at IS NULL AND posts.id < :before
        ORDER BY posts.id DESC LIMIT :limit""",
        channel=channel.id,
        before=int(str(before)),
        limit=limit + 1,
    )
    items = [_post(row) for row in rows[:limit]]
    return PostPage(items, encode_cursor(items[-1].id) if len(rows) > limit else None)


def update(tx: Transaction, editor: Identity, post_id: int, new: PostEdit) -> Post:
    """Replace a post's text. Raises NotFound, Gone or Forbidden."""
    row = _editable(tx, editor, post_id)
    tx.run(
        "UPDATE posts SET title = :title, comment = :comment, content = :content, updated_at = :now WHERE id = :id",
        id=post_id,
        title=new.title,
        comment=new.comment,
        content=msgspec.json.encode(new.content).decode(),
        now=tx.now,
    )
    return announce_update(tx, ChannelRef(row["channel_id"], row["slug"]), post_id)


def announce_update(tx: Transaction, channel: ChannelRef, post_id: int) -> Post:
    """Log the post as it is now."""
    post = get(tx, post_id)
    log.append(
        tx,
        channel,
        f"post:{post_id}",
        lambda seq: PostUpdated(channel=channel.slug, seq=seq, at=tx.now, data=post),
    )
    return post


def delete(tx: Transaction, editor: Identity, post_id: int) -> None:
    """Delete a post; its text is erased. Raises NotFound, Gone or Forbidden."""
    row = _editable(tx, editor, post_id)
    channel = ChannelRef(row["channel_id"], row["slug"])
    tx.run(
        "UPDATE posts SET title = '', comment = '', content = '{}', deleted_at = :now WHERE id = :id",
        id=post_id,
        now=tx.now,
    )
    tx.run("UPDATE channels SET posts = posts - 1 WHERE id = :id", id=channel.id)
    log.append(
        tx,
        channel,
        f"post:{post_id}",
        lambda seq: PostDeleted(channel=channel.slug, seq=seq, at=tx.now, data=Deleted(post_id)),
    )


def announce_author(tx: Transaction, user_id: int) -> None:
    """Log all posts of a member whose name has changed, so that every reader sees it."""
    for row in _by_author(tx, user_id):
        announce_update(tx, ChannelRef(row["channel_id"], row["slug"]), row["id"])


def leave_behind(tx: Transaction, user_id: int) -> None:
    """Take the author off all posts of a member who leaves."""
    rows = _by_author(tx, user_id)
    tx.run("UPDATE posts SET user_id = NULL, client_id = NULL WHERE user_id = :user", user=user_id)
    for row in rows:
        announce_update(tx, ChannelRef(row["channel_id"], row["slug"]), row["id"])


def _by_author(tx: Transaction, user_id: int) -> list[Row]:
    return tx.all(_POSTS + " WHERE posts.user_id = :user AND posts.deleted_at IS NULL", user=user_id)


def _id_made_by(tx: Transaction, user_id: int, client_id: UUID | None) -> int | None:
    if client_id is None:
        return None
    row = tx.one(
        "SELECT id FROM posts WHERE user_id = :user AND client_id = :client_id",
        user=user_id,
        client_id=str(client_id),
    )
    return None if row is None else int(row["id"])


def _row(tx: Transaction, post_id: int) -> Row:
    row = tx.one(_POSTS + " WHERE posts.id = :id", id=post_id)
    if row is None:
        raise NotFound(f"There is no post {post_id}.")
    if row["deleted_at"] is not None:
        raise Gone("This post has been deleted.")
    return row


def _editable(tx: Transaction, editor: Identity, post_id: int) -> Row:
    row = _row(tx, post_id)
    if row["user_id"] != editor.user_id and editor.role == "visitor":
        raise Forbidden("Only its author or a moderator can change this post.")
    return row


def _post(row: Row) -> Post:
    former = row["username"] is None
    return Post(
        id=row["id"],
        channel=row["slug"],
        author=Author(None, FORMER_MEMBER) if former else Author(row["username"], row["author_name"]),
        title=row["title"],
        comment=row["comment"],
        content=msgspec.json.decode(row["content"]),
        client_id=row["client_id"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
