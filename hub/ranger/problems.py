"""Why an answer is not whole, or not the usual ranger's, in words for the member who asked."""

from hub.conversation import ChatProblem
from hub.ranger.model import WORDS

_INTERRUPTED = "The ranger was interrupted: the hub was restarted. Ask it to go on."
_BROKEN_OFF = "The ranger broke off here: it may not say what came next. Ask in other words, or ask something else."
_WORDS: dict[str, str] = {**{str(code): words for code, words in WORDS.items()}, "interrupted": _INTERRUPTED}
_STANDS_IN = {
    "model_gone": "The model behind the ranger is not offered any more",
    "bad_key": "The key of this hub is not accepted by the model behind the ranger",
    "quota": "The model behind the ranger has answered as many questions as it may for now",
    "unreachable": "The model behind the ranger cannot be reached at the moment",
}


def problem_of(code: str, text: str = "") -> ChatProblem:
    """The problem with this code, of an answer that got as far as `text`."""
    if code == "safety" and text.strip():
        return ChatProblem(code, _BROKEN_OFF)
    return ChatProblem(code, _WORDS.get(code, _WORDS["failed"]))


def stood_in(code: str) -> ChatProblem:
    """Why the offline ranger has answered."""
    why = _STANDS_IN.get(code, "The model behind the ranger failed")
    return ChatProblem(code, f"{why}: the offline ranger stands in.")
