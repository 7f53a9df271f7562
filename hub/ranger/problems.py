"""Why an answer is not whole, in words for the member who asked."""

from hub.conversation import ChatProblem
from hub.ranger.model import WORDS

_INTERRUPTED = "The ranger was interrupted: the hub was restarted. Ask it to go on."
_WORDS: dict[str, str] = {**{str(code): words for code, words in WORDS.items()}, "interrupted": _INTERRUPTED}


def problem_of(code: str, message: str | None = None) -> ChatProblem:
    """The problem with this code."""
    return ChatProblem(code, message or _WORDS.get(code, _WORDS["failed"]))
