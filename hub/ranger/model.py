"""What a model behind the ranger is given, what it gives back, and how it fails."""

from collections.abc import AsyncGenerator, Sequence
from typing import Literal, Protocol

from msgspec import Struct

SourceKind = Literal["post", "review", "handbook", "park"]
ErrorCode = Literal[
    "model_gone",
    "out_of_tokens",
    "too_long",
    "refused",
    "quota",
    "safety",
    "bad_key",
    "unreachable",
    "timeout",
    "empty",
    "failed",
]
Finish = Literal["stop", "length"]


class Source(Struct, frozen=True):
    """Something that an answer rests on; `id` is a post's or review's number, a park's slug or an entry's name."""

    kind: SourceKind
    id: str
    title: str
    href: str


class ContextItem(Struct, frozen=True):
    """Text that the model may use, as data and never as instructions. `source` is None for what cannot be linked."""

    kind: SourceKind
    title: str
    text: str
    source: Source | None = None


class Turn(Struct, frozen=True):
    """An earlier message of the conversation."""

    role: Literal["user", "ranger"]
    text: str


class Prompt(Struct, frozen=True, kw_only=True):
    """One question with all that belongs to it. `park` is a channel's slug; `turns` are the oldest first.

    `mark` is what `system` calls the border around the context, which is data and holds no instructions.
    """

    system: str
    question: str
    context: Sequence[ContextItem] = ()
    turns: Sequence[Turn] = ()
    park: str | None = None
    max_tokens: int = 800
    temperature: float = 0.4
    mark: str = ""


class Usage(Struct, frozen=True):
    """How an answer ended ("length": cut off by `max_tokens`) and what it cost in tokens, as the model counts them."""

    finish: Finish = "stop"
    prompt_tokens: int = 0
    answer_tokens: int = 0


class StandsIn(Struct, frozen=True):
    """Another model answers in the place of the one that was asked, which failed with `code`."""

    code: ErrorCode


# A Source names something that the answer rests on.
Piece = str | Source | Usage | StandsIn


class RangerModel(Protocol):
    """A model that answers questions."""

    @property
    def name(self) -> str:
        """What members are told they talk with."""

    def answer(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        """The answer's pieces of text as the model sends them, not one held back; sources and usage at any place.

        Closing the generator (`aclose`) ends the call at the model. Raises RangerError.
        """

    async def close(self) -> None:
        """Let go of connections."""


class RangerError(Exception):
    """The model could not answer; `message` is for the member who asked. `detail` is for the log."""

    def __init__(self, code: ErrorCode, message: str = "", detail: str = "") -> None:
        super().__init__(f"{code}: {detail or message}")
        self.code = code
        self.message = message or WORDS[code]
        self.detail = detail


WORDS: dict[ErrorCode, str] = {
    "model_gone": "The ranger's model is not offered any more. Tell the operator: another one has to be chosen.",
    "out_of_tokens": "The ranger thought for so long that no room was left for an answer. Ask for less, or again.",
    "too_long": "This conversation has grown too long for the ranger. Begin a new one, and ask there.",
    "refused": "The ranger's model did not take this question. Ask in other words, or begin a new conversation.",
    "quota": "The ranger has answered as many questions as it may for now. Try again in a few minutes.",
    "safety": "The ranger may not answer that. Ask in other words, or ask something else.",
    "bad_key": "The ranger cannot reach its model: the key of this hub is not accepted. Tell the operator.",
    "unreachable": "The ranger cannot be reached at the moment. Your question is kept: try again shortly.",
    "timeout": "The ranger took too long. What it said so far is kept: ask it to try again.",
    "empty": "The ranger had nothing to say to that. Try asking in other words.",
    "failed": "Something went wrong while the ranger answered. What it said so far is kept: try again.",
}
