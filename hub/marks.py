"""Marks: a short digest for each place on a channel's number line, which stands for all that was logged up to there.

A mark is chained over the one before it. Two logs that have the same mark at the same number have the same history;
where a log went back and other things were written since, the marks differ. A mark is no secret, and proves nothing
about who sends it.
"""

from hashlib import blake2b

_BYTES = 6
_HEAD = b',"mark":"'
_TAIL = b'"}'
_SIZE = len(_HEAD) + 2 * _BYTES + len(_TAIL)


def next_mark(before: str | None, epoch: str, entity: str, text: bytes) -> str:
    """The mark after the event `text` (JSON without a mark) about `entity`; `before` is the mark that it follows."""
    chained = f"{before or ''}\n{epoch}\n{entity}\n".encode() + text
    return blake2b(chained, digest_size=_BYTES).hexdigest()


def with_mark(text: bytes, mark: str) -> bytes:
    """The event's JSON text with its mark as the last field."""
    return text[:-1] + _HEAD + mark.encode() + _TAIL


def mark_in(text: bytes) -> str:
    """The mark of an event's JSON text (or of a whole frame with it), empty for one that was written without.

    Only the last field can be one, and nothing that members write is last in an event.
    """
    return text[-_SIZE:][len(_HEAD) : -len(_TAIL)].decode() if _is_marked(text) else ""


def continues(before: str, epoch: str, entity: str, text: bytes) -> bool:
    """Whether a marked event, which is no tombstone, follows `before`; one without a mark is taken at its word."""
    if not _is_marked(text):
        return True
    return next_mark(before, epoch, entity, text[:-_SIZE] + b"}") == mark_in(text)


def contradict(one: str, other: str) -> bool:
    """Whether two marks of the same number are of different logs; an unknown (empty) one contradicts nothing."""
    return bool(one and other and one != other)


def _is_marked(text: bytes) -> bool:
    return text.endswith(_TAIL) and text[-_SIZE:].startswith(_HEAD)
