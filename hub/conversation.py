"""A chat with the ranger: its conversations, messages and events, as REST and the chat's websocket give them.

Plain shapes, no I/O. Every change of a conversation takes its next `seq`; pieces of an answer have an `index` instead.
"""

from typing import Annotated, Literal, get_args
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from hub.errors import invalid_field
from hub.model import Input, Slug, User
from hub.ranger.model import ErrorCode, Source
from hub.validation import check_text

MessageRole = Literal["user", "ranger"]
Status = Literal["done", "streaming", "stopped", "interrupted", "failed"]
QUESTION_LENGTH = 4_000
TITLE_LENGTH = 80
# Not an enumeration: a worker of the next version, which knows more codes, may run beside one of this.
ProblemCode = Annotated[
    str,
    Meta(description=f"One of {', '.join(get_args(ErrorCode))}, interrupted; take others as failed."),
]
Index = Annotated[int, Meta(ge=0)]
Text = Annotated[str, Meta(min_length=1, max_length=QUESTION_LENGTH)]


class ConversationInput(Input, frozen=True):
    """A new conversation; `channel` is the slug of the park that it is about."""

    channel: Slug | None = None


class ConversationEdit(Input, frozen=True):
    """A conversation's new title."""

    title: Annotated[str, Meta(min_length=1, max_length=TITLE_LENGTH)]

    def __post_init__(self) -> None:
        check_text("title", self.title)


class MessageEdit(Input, frozen=True):
    """A question in other words."""

    text: Text

    def __post_init__(self) -> None:
        check_text("text", self.text)


class MessageInput(MessageEdit, frozen=True):
    """A question; `client_id` makes sending it twice safe."""

    client_id: UUID | None = None


class Conversation(Struct, frozen=True):
    """A conversation, of one member with the ranger. `title` is "" until the first question gives it one."""

    id: int
    title: str
    channel: str | None
    created_at: str
    updated_at: str


class ChatProblem(Struct, frozen=True):
    """Why there is no whole answer, or not the usual ranger's: `message` is for the member."""

    code: ProblemCode
    message: str


class Version(Struct, frozen=True):
    """An earlier answer to the same question."""

    id: int
    text: str
    status: Status
    created_at: str


class Message(Struct, frozen=True, kw_only=True):
    """A question or an answer.

    An answer names its `question` and keeps the `earlier` answers to it. With `stale_sources` something that it rests
    on has been edited, hidden or deleted since.
    """

    id: int
    conversation: int
    role: MessageRole
    text: str
    status: Status = "done"
    sources: list[Source] = []
    stale_sources: bool = False
    question: int | None = None
    problem: ChatProblem | None = None
    earlier: list[Version] = []
    client_id: str | None = None
    created_at: str
    updated_at: str


class Asked(Message, frozen=True, kw_only=True):
    """A stored question, and the id of its answer."""

    answer: int | None


class Dialogue(Struct, frozen=True):
    """A conversation with its messages, oldest first."""

    id: int
    title: str
    channel: str | None
    created_at: str
    updated_at: str
    messages: list[Message]


class ChatEvent(Struct, frozen=True, kw_only=True, tag_field="type"):
    """A change of the conversation; `seq` counts them."""

    seq: int


class ChatMessage(ChatEvent, frozen=True, tag="chat.message"):
    """A question was asked or edited. `title` is the conversation's, which the first question gives it."""

    title: str
    message: Message


class ChatStarted(ChatEvent, frozen=True, tag="chat.started"):
    """An answer begins; it takes the place of the earlier answer to the same question."""

    message_id: int
    message: Message


class ChatDone(ChatEvent, frozen=True, tag="chat.done"):
    """The answer is whole; `finish` is "length" when it was cut off at the limit of tokens.

    With a `problem` the offline ranger stood in for the model, and this says why.
    """

    message_id: int
    text: str
    finish: Literal["stop", "length"]
    sources: list[Source]
    problem: ChatProblem | None = None


class ChatStopped(ChatEvent, frozen=True, tag="chat.stopped"):
    """The member has stopped the answer; `text` is what stays of it."""

    message_id: int
    text: str
    sources: list[Source]


class ChatError(ChatEvent, frozen=True, tag="chat.error"):
    """The answer ended before it was whole; `text` is what stays of it, `message` is for the member."""

    message_id: int
    code: ProblemCode
    message: str
    text: str
    sources: list[Source]


class ChatRemoved(ChatEvent, frozen=True, tag="chat.removed"):
    """Messages were deleted."""

    message_ids: list[int]


class ChatRenamed(ChatEvent, frozen=True, tag="chat.renamed"):
    """The conversation has another title."""

    conversation: Conversation


class ChatDeleted(ChatEvent, frozen=True, tag="chat.deleted"):
    """The conversation is gone; the socket closes."""


class ChatDelta(Struct, frozen=True, tag="chat.delta", tag_field="type"):
    """One piece of the answer, as the model sent it; the first `index` is 0."""

    message_id: int
    index: Index
    text: str


class ChatGreeting(Struct, frozen=True, tag="welcome", tag_field="type"):
    """What a welcome has for its socket alone."""

    user: User | None
    heartbeat: int
    ranger: str


class ChatWelcome(Struct, frozen=True, tag="welcome", tag_field="type"):
    """Answers `hello`: the whole conversation; for an answer under way, `index` is that of its next piece."""

    conversation: Conversation
    messages: list[Message]
    seq: int
    message_id: int | None
    index: int | None
    user: User | None
    heartbeat: int
    ranger: str


class ChatSnapshot(Struct, frozen=True, tag="chat.snapshot", tag_field="type"):
    """The whole conversation again, because something on the way to this worker was lost: take it as it is."""

    conversation: Conversation
    messages: list[Message]
    seq: int
    message_id: int | None
    index: int | None


Change = ChatMessage | ChatStarted | ChatDone | ChatStopped | ChatError | ChatRemoved | ChatRenamed | ChatDeleted
ChatServerFrame = ChatWelcome | ChatSnapshot | ChatDelta | Change
encode = msgspec.json.Encoder().encode


def question(text: str, client_id: UUID | None) -> MessageInput:
    """A question that came over a websocket. Raises InvalidInput."""
    if len(text) > QUESTION_LENGTH:
        raise invalid_field("text", f"has {len(text)} characters; at most {QUESTION_LENGTH} are allowed")
    return MessageInput(text, client_id)


def title_of(question: str) -> str:
    """A conversation's title out of its first question: its first line, cut at a word."""
    line = " ".join(question.split())
    if len(line) <= TITLE_LENGTH:
        return line
    return line[: TITLE_LENGTH - 1].rsplit(" ", 1)[0].rstrip(".,;:") + "…"
