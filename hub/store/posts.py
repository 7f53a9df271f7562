"""Posts: created once per `client_id`, edited and deleted by their author or a moderator."""

from uuid import UUID

import msgspec
from msgspec import Struct

from hub.cursor import decode_cursor, encode_cursor
from hub.errors import Conflict, Forbidden, Gone, NotFound
from hub.events import Deleted, PostCreated, PostDeleted, PostUpdated
from hub.model import Hidden, Post, PostEdit, PostInput, later_than
from hub.store import channels, log, mutes, search_index, verdicts
from hub.store.authors import author_of
from hub.store.database import Row, Transaction, required
from hub.store.log import ChannelRef
from hub.tokens import Identity

_POSTS = """SELECT posts.*, channels.slug, users.username, users.name AS author_name,
    users.role AS author_role FROM posts
    JOIN channels ON channels.id = posts.channel_id AND channels.deleted_at IS NULL
    LEFT JOIN users ON users.id = posts.user_id"""


class PostPage(Struct, frozen=True):
    """Posts, newest first; `next` continues with older ones."""

    items: list[Post]
    next: str | None


def create(tx: Transaction, author: Identity, slug: str, new: PostInput) -> tuple[Post, bool]:
    """Add a post, or return the one that the same `client_id` made; the flag says whether it is new.

    Raises NotFound for an unknown channel, Gone when that earlier post has been deleted, Muted.
    """
    channel = channels.find(tx, slug)
    earlier = _id_made_by(tx, author.user_id, new.client_id)
    if earlier is not None:
        return get(tx, earlier, author), False
    mutes.check(tx, author.user_id, channel)
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
    search_index.add(tx, "post", row["id"], channel, new.title, new.comment)
    post = get(tx, row["id"])
    log.append(
        tx,
        channel,
        f"post:{post.id}",
        lambda seq: PostCreated(channel=slug, seq=seq, at=tx.now, data=post),
        first=True,
        adding="posts",
    )
    return post, True


def was_created(tx: Transaction, user_id: int, client_id: UUID | None) -> bool:
    """Whether the member has made a post with this `client_id`, be it deleted since."""
    return _id_made_by(tx, user_id, client_id) is not None


def get(tx: Transaction, post_id: int, reader: Identity | None = None) -> Post:
    """One post, a hidden one too for those who may see it. Raises NotFound, or Gone when it was deleted."""
    return post_of(find(tx, post_id, reader))


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
    items = [post_of(row) for row in rows[:limit]]
    return PostPage(items, encode_cursor(items[-1].id) if len(rows) > limit else None)


def update(tx: Transaction, editor: Identity, post_id: int, new: PostEdit) -> Post:
    """Replace a post's text. Raises NotFound, Gone, Forbidden, Muted, or Conflict while it is hidden."""
    row = _editable(tx, editor, post_id)
    if row["hidden_at"] is not None:
        raise Conflict("This post is hidden by a moderator: it can be deleted, and changed once it is restored.")
    mutes.check(tx, editor.user_id, channel_of(row))
    written = {"title": new.title, "comment": new.comment, "content": msgspec.json.encode(new.content).decode()}
    if all(row[field] == value for field, value in written.items()):
        return post_of(row)
    tx.run(
        "UPDATE posts SET title = :title, comment = :comment, content = :content, updated_at = :now WHERE id = :id",
        id=post_id,
        now=later_than(row["updated_at"], tx.now),
        **written,
    )
    search_index.add(tx, "post", post_id, channel_of(row), new.title, new.comment)
    verdicts.edited(tx, editor, "post", row)
    return announce_update(tx, channel_of(row), post_id)


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
    channel = channel_of(row)
    tx.run(
        """UPDATE posts SET title = '', comment = '', content = '{}', deleted_at = :now, hidden_at = NULL,
        hidden_reason = '' WHERE id = :id""",
        id=post_id,
        now=tx.now,
    )
    verdicts.deleted(tx, editor, "post", row)
    if row["hidden_at"] is not None:
        return
    tx.run("UPDATE channels SET posts = posts - 1 WHERE id = :id", id=channel.id)
    log.append(
        tx,
        channel,
        f"post:{post_id}",
        lambda seq: PostDeleted(channel=channel.slug, seq=seq, at=tx.now, data=Deleted(post_id)),
    )


def _id_made_by(tx: Transaction, user_id: int, client_id: UUID | None) -> int | None:
    if client_id is None:
        return None
    row = tx.one(
        "SELECT id FROM posts WHERE user_id = :user AND client_id = :client_id",
        user=user_id,
        client_id=str(client_id),
    )
    return None if row is None else int(row["id"])


def find(tx: Transaction, post_id: int, reader: Identity | None = None) -> Row:
    """A post's row. Raises NotFound, also for one that is hidden from the reader, or Gone when it was deleted."""
    row = tx.one(_POSTS + " WHERE posts.id = :id", id=post_id)
    if row is None or (row["hidden_at"] is not None and not sees_hidden(reader, row)):
        raise NotFound(f"There is no post {post_id}.")
    if row["deleted_at"] is not None and row["hidden_at"] is None:
        raise Gone("This post has been deleted.")
    return row


def sees_hidden(reader: Identity | None, row: Row) -> bool:
    """Whether the reader is the author or a moderator."""
    return reader is not None and (reader.role != "visitor" or reader.user_id == row["user_id"])


def lock(tx: Transaction, post_id: int, reader: Identity) -> Row:
    """A post's row, which nobody else changes meanwhile. Raises NotFound or Gone."""
    channels.lock(tx, channel_of(find(tx, post_id, reader)))
    return find(tx, post_id, reader)


def channel_of(row: Row) -> ChannelRef:
    """The channel of a post's row."""
    return ChannelRef(row["channel_id"], row["slug"])


def hidden(tx: Transaction, author_id: int) -> list[Post]:
    """What a member wrote and a moderator has hidden, newest first."""
    rows = tx.all(
        _POSTS + " WHERE posts.user_id = :user AND posts.hidden_at IS NOT NULL ORDER BY posts.id DESC", user=author_id
    )
    return [post_of(row) for row in rows]


def _editable(tx: Transaction, editor: Identity, post_id: int) -> Row:
    row = lock(tx, post_id, editor)
    if row["user_id"] != editor.user_id and editor.role == "visitor":
        raise Forbidden("Only its author or a moderator can change this post.")
    return row


def post_of(row: Row) -> Post:
    """The post that a row holds."""
    return Post(
        id=row["id"],
        channel=row["slug"],
        author=author_of(row),
        title=row["title"],
        comment=row["comment"],
        content=msgspec.json.decode(row["content"]),
        client_id=row["client_id"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        hidden=None if row["hidden_at"] is None else Hidden(row["hidden_at"], row["hidden_reason"]),
    )
