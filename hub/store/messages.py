"""Messages as they are read: questions, and the newest answer to each with the earlier ones in it."""

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from hub.conversation import ChatProblem, Message, Version
from hub.cursor import decode_cursor, encode_cursor
from hub.errors import NotFound
from hub.ranger.problems import problem_of, stood_in
from hub.store import answer_sources
from hub.store.database import Row, Transaction

NEWEST = 200
_MINE = """SELECT messages.* FROM messages JOIN conversations ON conversations.id = messages.conversation_id
    WHERE messages.id = :id AND conversations.user_id = :user"""


class MessagePage(Struct, frozen=True):
    """Messages, oldest first; `next` continues with newer ones."""

    items: list[Message]
    next: str | None


def get(tx: Transaction, user_id: int, message_id: int) -> Message:
    """A message of a member's own conversation. Raises NotFound."""
    return messages_of(tx, [mine(tx, user_id, message_id)])[0]


def newest(tx: Transaction, conversation_id: int, limit: int = NEWEST) -> list[Message]:
    """The newest messages, oldest first; an answer that was given again only once, as the newest."""
    rows = tx.all(
        """SELECT * FROM messages WHERE conversation_id = :conversation AND superseded = 0
        ORDER BY id DESC LIMIT :limit""",
        conversation=conversation_id,
        limit=limit,
    )
    return messages_of(tx, rows[::-1])


def page(tx: Transaction, user_id: int, conversation_id: int, limit: int, cursor: str | None = None) -> MessagePage:
    """Messages of a member's own conversation, oldest first. Raises NotFound, or InvalidInput for a strange cursor."""
    owner = tx.one("SELECT user_id FROM conversations WHERE id = :id", id=conversation_id)
    if owner is None or owner["user_id"] != user_id:
        raise NotFound("There is no such conversation of yours.")
    after = 0 if cursor is None else decode_cursor(cursor, int)[0]
    rows = tx.all(
        """SELECT * FROM messages WHERE conversation_id = :conversation AND superseded = 0 AND id > :after
        ORDER BY id LIMIT :limit""",
        conversation=conversation_id,
        after=int(str(after)),
        limit=limit + 1,
    )
    items = messages_of(tx, rows[:limit])
    return MessagePage(items, encode_cursor(items[-1].id) if len(rows) > limit else None)


def cuts_of(tx: Transaction, conversation_id: int) -> list[int]:
    """Where the stored pieces of the answer under way end; nothing when there is none."""
    row = tx.one(
        "SELECT cuts FROM messages WHERE conversation_id = :conversation AND status = 'streaming'",
        conversation=conversation_id,
    )
    return [] if row is None or row["cuts"] is None else msgspec.json.decode(row["cuts"], type=list[int])


def mine(tx: Transaction, user_id: int, message_id: int) -> Row:
    """The row of a message of a member's own conversation. Raises NotFound."""
    row = tx.one(_MINE, id=message_id, user=user_id)
    if row is None:
        raise NotFound("There is no such message of yours.")
    return row


def messages_of(tx: Transaction, rows: list[Row]) -> list[Message]:
    """The messages that these rows hold, with all that belongs to them."""
    answers = [row["id"] for row in rows if row["role"] == "ranger"]
    if not answers:
        return [message_of(row) for row in rows]
    sources = answer_sources.of(tx, answers)
    earlier = _earlier(tx, [row["question_id"] for row in rows if row["role"] == "ranger"])
    return [
        msgspec.structs.replace(
            message_of(row),
            sources=sources[row["id"]].sources if row["id"] in sources else [],
            stale_sources=row["id"] in sources and sources[row["id"]].stale,
            earlier=[one for one in earlier.get(row["question_id"], []) if one.id < row["id"]],
        )
        for row in rows
    ]


def _earlier(tx: Transaction, questions: Iterable[int]) -> dict[int, list[Version]]:
    names = {f"id{n}": question for n, question in enumerate(set(questions))}
    rows = tx.all(
        f"""SELECT id, question_id, text, status, created_at FROM messages WHERE superseded = 1
        AND question_id IN ({", ".join(f":{name}" for name in names)}) ORDER BY id""",
        **names,
    )
    versions: dict[int, list[Version]] = {}
    for row in rows:
        version = Version(row["id"], row["text"], row["status"], row["created_at"])
        versions.setdefault(row["question_id"], []).append(version)
    return versions


def message_of(row: Row) -> Message:
    """The message that a row holds, without what is in other tables."""
    return Message(
        id=row["id"],
        conversation=row["conversation_id"],
        role=row["role"],
        text=row["text"],
        status=row["status"],
        question=row["question_id"],
        problem=_problem(row),
        client_id=row["client_id"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


def _problem(row: Row) -> ChatProblem | None:
    if row["problem"] is None:
        return None
    return stood_in(row["problem"]) if row["status"] == "done" else problem_of(row["problem"], row["text"])
