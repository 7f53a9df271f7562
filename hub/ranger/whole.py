"""A whole conversation as sockets are given it: encoded once for all who are at the same place, bounded in bytes."""

from msgspec import Raw, Struct

from hub.conversation import Conversation, Message, encode

WHOLE_BYTES = 512 * 1024


class _Whole(Struct, frozen=True):
    """What a welcome and a snapshot have in common."""

    conversation: Conversation
    messages: Raw
    seq: int
    message_id: int | None
    index: int | None


def whole(conversation: Conversation, messages: list[Message], seq: int, place: tuple[int | None, int | None]) -> bytes:
    """The fields of a conversation's newest messages, as many as fit, as the end of a JSON object.

    `place` is the answer under way and the index of its next piece. Older messages are read over REST.
    """
    message_id, index = place
    return encode(_Whole(conversation, Raw(_newest(messages)), seq, message_id, index))[1:]


def _newest(messages: list[Message]) -> bytes:
    parts: list[bytes] = []
    size = 0
    for message in reversed(messages):
        part = encode(message)
        size += len(part)
        if parts and size > WHOLE_BYTES:
            break
        parts.append(part)
    return b"[" + b",".join(reversed(parts)) + b"]"
