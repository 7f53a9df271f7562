"""Questions and answers: stored before anything is sent, one answer under way per conversation at most."""

from msgspec import Struct

from hub.conversation import (
    Asked,
    Change,
    ChatMessage,
    ChatRemoved,
    ChatStarted,
    Message,
    MessageInput,
    title_of,
)
from hub.errors import Busy, Conflict, NotFound
from hub.model import later_than
from hub.store import messages
from hub.store.database import Transaction, required


class Begun(Struct, frozen=True):
    """An answer that was begun, and what to tell about it: nothing when the same `client_id` came again."""

    question: Message
    answer_id: int | None
    changes: list[Change]

    @property
    def is_new(self) -> bool:
        """Whether an answer has begun."""
        return bool(self.changes)

    @property
    def asked(self) -> Asked:
        """What REST gives."""
        fields = {name: getattr(self.question, name) for name in Message.__struct_fields__}
        return Asked(**fields, answer=self.answer_id)


def advance(tx: Transaction, user_id: int, conversation_id: int, changes: int = 1) -> int:
    """Take the conversation's next numbers, and keep others from changing it until the transaction ends.

    Returns the last of them. Raises NotFound, for somebody else's conversation as well.
    """
    row = tx.one(
        """UPDATE conversations SET seq = seq + :changes, updated_at = :now
        WHERE id = :id AND user_id = :user RETURNING seq""",
        changes=changes,
        now=tx.now,
        id=conversation_id,
        user=user_id,
    )
    if row is None:
        raise NotFound("There is no such conversation of yours.")
    return int(row["seq"])


def ask(tx: Transaction, user_id: int, conversation_id: int, new: MessageInput) -> Begun:
    """Store a question and begin its answer; the same `client_id` again gives what it made.

    Raises NotFound, or Busy while an answer is under way.
    """
    advance(tx, user_id, conversation_id, 0)
    client_id = None if new.client_id is None else str(new.client_id)
    earlier = _made_by(tx, conversation_id, client_id)
    if earlier is not None:
        return _begun_before(tx, earlier)
    _check_idle(tx, conversation_id)
    seq = advance(tx, user_id, conversation_id, 2)
    question = _insert(tx, conversation_id, "user", new.text.strip(), client_id=client_id)
    tx.run(
        "UPDATE conversations SET title = :title WHERE id = :id AND title = ''",
        title=title_of(new.text),
        id=conversation_id,
    )
    return _begin(tx, question, seq, [ChatMessage(seq=seq - 1, title=_title(tx, question), message=question)])


def edit(tx: Transaction, user_id: int, message_id: int, text: str) -> Begun:
    """Put a question in other words: what came after it goes, an answer under way as well, and a new one begins.

    Raises NotFound, or Conflict for an answer.
    """
    row = messages.mine(tx, user_id, message_id)
    if row["role"] != "user":
        raise Conflict("Only your own messages can be edited. Ask the ranger to answer again instead.")
    seq = advance(tx, user_id, row["conversation_id"], 3)
    after = {"conversation": row["conversation_id"], "id": message_id}
    gone = tx.all("SELECT id FROM messages WHERE conversation_id = :conversation AND id > :id ORDER BY id", **after)
    tx.run("DELETE FROM messages WHERE conversation_id = :conversation AND id > :id", **after)
    tx.run(
        "UPDATE messages SET text = :text, updated_at = :now WHERE id = :id",
        text=text.strip(),
        now=later_than(row["updated_at"], tx.now),
        id=message_id,
    )
    question = messages.get(tx, user_id, message_id)
    removed = ChatRemoved(seq=seq - 2, message_ids=[one["id"] for one in gone])
    return _begin(tx, question, seq, [removed, ChatMessage(seq=seq - 1, title=_title(tx, question), message=question)])


def regenerate(tx: Transaction, user_id: int, conversation_id: int, message_id: int | None = None) -> Begun:
    """Answer the newest question again; the earlier answer stays as a version.

    `message_id` says which answer (or question) is meant. Raises NotFound, Busy, or Conflict when it is not the newest.
    """
    seq = advance(tx, user_id, conversation_id)
    _check_idle(tx, conversation_id)
    last = tx.one(
        "SELECT * FROM messages WHERE conversation_id = :id AND role = 'user' ORDER BY id DESC LIMIT 1",
        id=conversation_id,
    )
    if last is None:
        raise Conflict("There is no question to answer: ask one.")
    if message_id is not None:
        meant = messages.mine(tx, user_id, message_id)
        if last["id"] not in (meant["id"], meant["question_id"]):
            raise Conflict("Only the newest question can be answered again. Edit an older one to go on from there.")
    tx.run("UPDATE messages SET superseded = 1 WHERE question_id = :id", id=last["id"])
    return _begin(tx, messages.messages_of(tx, [last])[0], seq, [])


def delete(tx: Transaction, user_id: int, message_id: int) -> tuple[int, ChatRemoved]:
    """Delete a question with its answers, an answer with its earlier versions, or one of these by itself.

    An answer under way ends. Returns the conversation's id as well. Raises NotFound.
    """
    row = messages.mine(tx, user_id, message_id)
    seq = advance(tx, user_id, row["conversation_id"])
    question = message_id if row["role"] == "user" else row["question_id"]
    gone = [] if row["superseded"] else tx.all("DELETE FROM messages WHERE question_id = :id RETURNING id", id=question)
    ids = {one["id"] for one in gone} | {message_id}
    tx.run("DELETE FROM messages WHERE id = :id", id=message_id)
    return row["conversation_id"], ChatRemoved(seq=seq, message_ids=sorted(ids))


def ask_to_stop(tx: Transaction, user_id: int, message_id: int) -> Message:
    """Note that an answer is to be stopped, for its worker to see; one that is over stays as it is.

    `message_id` may be the question's. Raises NotFound.
    """
    messages.mine(tx, user_id, message_id)
    tx.run(
        "UPDATE messages SET stopping = 1 WHERE (id = :id OR question_id = :id) AND status = 'streaming'",
        id=message_id,
    )
    return messages.get(tx, user_id, message_id)


def under_way(tx: Transaction, user_id: int, conversation_id: int) -> int | None:
    """The id of the answer under way. Raises NotFound."""
    row = tx.one(
        """SELECT messages.id FROM conversations LEFT JOIN messages
        ON messages.conversation_id = conversations.id AND messages.status = 'streaming'
        WHERE conversations.id = :id AND conversations.user_id = :user""",
        id=conversation_id,
        user=user_id,
    )
    if row is None:
        raise NotFound("There is no such conversation of yours.")
    return None if row["id"] is None else int(row["id"])


def _begin(tx: Transaction, question: Message, seq: int, changes: list[Change]) -> Begun:
    made = _insert(tx, question.conversation, "ranger", "", question=question.id)
    answer = messages.messages_of(tx, [required(tx.one("SELECT * FROM messages WHERE id = :id", id=made.id))])[0]
    return Begun(question, answer.id, [*changes, ChatStarted(seq=seq, message_id=answer.id, message=answer)])


def _title(tx: Transaction, question: Message) -> str:
    row = required(tx.one("SELECT title FROM conversations WHERE id = :id", id=question.conversation))
    return str(row["title"])


def _begun_before(tx: Transaction, question: Message) -> Begun:
    row = tx.one("SELECT id FROM messages WHERE question_id = :id AND superseded = 0", id=question.id)
    return Begun(question, None if row is None else row["id"], [])


def _insert(
    tx: Transaction,
    conversation_id: int,
    role: str,
    text: str,
    *,
    question: int | None = None,
    client_id: str | None = None,
) -> Message:
    row = required(
        tx.one(
            """INSERT INTO messages
            (conversation_id, question_id, role, text, status, client_id, created_at, updated_at)
            VALUES (:conversation, :question, :role, :text, :status, :client_id, :now, :now) RETURNING *""",
            conversation=conversation_id,
            question=question,
            role=role,
            text=text,
            status="done" if role == "user" else "streaming",
            client_id=client_id,
            now=tx.now,
        )
    )
    return messages.message_of(row)


def _check_idle(tx: Transaction, conversation_id: int) -> None:
    row = tx.one(
        "SELECT 1 FROM messages WHERE conversation_id = :id AND status = 'streaming'",
        id=conversation_id,
    )
    if row is not None:
        raise Busy("The ranger is still answering. Wait for the end, or stop it first.")


def _made_by(tx: Transaction, conversation_id: int, client_id: str | None) -> Message | None:
    if client_id is None:
        return None
    row = tx.one(
        "SELECT * FROM messages WHERE conversation_id = :conversation AND client_id = :client_id",
        conversation=conversation_id,
        client_id=client_id,
    )
    return None if row is None else messages.message_of(row)
