"""Conversations with the ranger: each its owner's alone, with a number line (`seq`) of its own."""

from msgspec import Struct

from hub.conversation import (
    ChatDeleted,
    ChatRenamed,
    Conversation,
    ConversationEdit,
    ConversationInput,
    Dialogue,
    Message,
)
from hub.cursor import decode_cursor, encode_cursor
from hub.errors import NotFound
from hub.store import channels, messages, questions
from hub.store.database import Row, Transaction, required
from hub.tokens import Identity

_CONVERSATIONS = """SELECT conversations.*, channels.slug FROM conversations
    LEFT JOIN channels ON channels.id = conversations.channel_id AND channels.deleted_at IS NULL"""


class ConversationPage(Struct, frozen=True):
    """Conversations, the one changed last first; `next` continues with older ones."""

    items: list[Conversation]
    next: str | None


class Transcript(Struct, frozen=True):
    """A conversation as of `seq`; `cuts` are the ends of the stored pieces of the answer under way."""

    seq: int
    conversation: Conversation
    messages: list[Message]
    cuts: list[int]

    @property
    def dialogue(self) -> Dialogue:
        """What REST gives."""
        it = self.conversation
        return Dialogue(it.id, it.title, it.channel, it.created_at, it.updated_at, self.messages)


def create(tx: Transaction, member: Identity, new: ConversationInput) -> Conversation:
    """Begin a conversation. Raises NotFound for an unknown channel."""
    channel = None if new.channel is None else channels.find(tx, new.channel)
    row = required(
        tx.one(
            """INSERT INTO conversations (user_id, channel_id, created_at, updated_at)
            VALUES (:user, :channel, :now, :now) RETURNING id""",
            user=member.user_id,
            channel=None if channel is None else channel.id,
            now=tx.now,
        )
    )
    return get(tx, member.user_id, row["id"])


def page(tx: Transaction, user_id: int, limit: int, cursor: str | None = None) -> ConversationPage:
    """A member's conversations. Raises InvalidInput for a cursor that is not ours."""
    changed, before = ("9", 2**63 - 1) if cursor is None else decode_cursor(cursor, str, int)
    rows = tx.all(
        _CONVERSATIONS
        + """ WHERE conversations.user_id = :user
        AND (conversations.updated_at, conversations.id) < (:changed, :before)
        ORDER BY conversations.updated_at DESC, conversations.id DESC LIMIT :limit""",
        user=user_id,
        changed=str(changed),
        before=int(str(before)),
        limit=limit + 1,
    )
    items = [_conversation(row) for row in rows[:limit]]
    following = encode_cursor(items[-1].updated_at, items[-1].id) if len(rows) > limit else None
    return ConversationPage(items, following)


def get(tx: Transaction, user_id: int, conversation_id: int) -> Conversation:
    """A member's conversation. Raises NotFound, for somebody else's as well."""
    row = tx.one(_CONVERSATIONS + " WHERE conversations.id = :id", id=conversation_id)
    if row is None or row["user_id"] != user_id:
        raise no_such_conversation()
    return _conversation(row)


def owner(tx: Transaction, conversation_id: int) -> int | None:
    """Whose conversation it is, None when there is none."""
    row = tx.one("SELECT user_id FROM conversations WHERE id = :id", id=conversation_id)
    return None if row is None else int(row["user_id"])


def transcript(tx: Transaction, conversation_id: int) -> Transcript | None:
    """The conversation with its newest messages, None when there is none."""
    row = tx.one(_CONVERSATIONS + " WHERE conversations.id = :id", id=conversation_id)
    if row is None:
        return None
    return Transcript(
        row["seq"],
        _conversation(row),
        messages.newest(tx, conversation_id),
        messages.cuts_of(tx, conversation_id),
    )


def read(tx: Transaction, user_id: int, conversation_id: int) -> Transcript:
    """A member's conversation with its newest messages. Raises NotFound, for somebody else's as well."""
    found = transcript(tx, conversation_id)
    if found is None or owner(tx, conversation_id) != user_id:
        raise no_such_conversation()
    return found


def rename(tx: Transaction, user_id: int, conversation_id: int, new: ConversationEdit) -> ChatRenamed | None:
    """Give a conversation another title; None when it has that one. Raises NotFound."""
    if get(tx, user_id, conversation_id).title == new.title.strip():
        return None
    seq = questions.advance(tx, user_id, conversation_id)
    tx.run("UPDATE conversations SET title = :title WHERE id = :id", title=new.title.strip(), id=conversation_id)
    return ChatRenamed(seq=seq, conversation=get(tx, user_id, conversation_id))


def delete(tx: Transaction, user_id: int, conversation_id: int) -> ChatDeleted:
    """Delete a conversation with all its text, for good. Raises NotFound."""
    seq = questions.advance(tx, user_id, conversation_id)
    tx.run("DELETE FROM conversations WHERE id = :id", id=conversation_id)
    return ChatDeleted(seq=seq)


def heads(tx: Transaction, conversations: list[int]) -> dict[int, int]:
    """The `seq` of those of the conversations that there are."""
    names = {f"id{n}": conversation for n, conversation in enumerate(conversations)}
    rows = tx.all(f"SELECT id, seq FROM conversations WHERE id IN ({', '.join(f':{name}' for name in names)})", **names)
    return {row["id"]: row["seq"] for row in rows}


def no_such_conversation() -> NotFound:
    """The error for an unknown conversation, and for one of somebody else."""
    return NotFound("There is no such conversation of yours.")


def _conversation(row: Row) -> Conversation:
    return Conversation(row["id"], row["title"], row["slug"], row["created_at"], row["updated_at"])
