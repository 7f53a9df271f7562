"""The words of a question that are worth searching for.

What comes out is letters and digits only, so that no question is ever read as the syntax of a search engine.
"""

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from hub.folding import GRAM, folded_words

MAX_TERMS = 24
MAX_LETTERS = 40
_ALIKE = 5

_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+(?=[^a-z])|(?<=[。！？])\s*")

# Words that say little where everybody talks of camping; they count when a question has no others.
WEAK_WORDS = frozenset(
    ("camp", "camper", "campers", "camping", "campsite", "hike", "hiker", "hiking", "outdoors", "park", "parks")
).union(("national", "visit", "visiting", "planning", "trip"))


def terms(text: str, also_ignore: Iterable[str] = ()) -> list[str]:
    """The distinct words of `text` that say something, in order, at most 24."""
    ignored = _stop_words() | set(also_ignore)
    found = [word for word in dict.fromkeys(words(text)) if word not in ignored and _says_something(word)]
    strong = [word for word in found if word not in WEAK_WORDS]
    return (strong or found)[:MAX_TERMS]


def words(text: str) -> list[str]:
    """All words of `text`, folded and cut at 40 letters, as they are looked for."""
    return [word[:MAX_LETTERS] for word in folded_words(text[:8_000], stored=False)]


def sentences(text: str) -> list[str]:
    """The sentences of `text`, without line breaks."""
    return [part for part in _SENTENCE_END.split(" ".join(text.split())) if part]


def excerpt(text: str, wanted: Iterable[str], letters: int) -> str:
    """The sentences of `text` from the first that has one of the `wanted` words, at most so many letters.

    Of a sentence that is longer than that, the part with the word.
    """
    parts = sentences(text)
    first = next((n for n, part in enumerate(parts) if share(part, wanted)), 0)
    rest = "".join(part if part[-1] in "。！？" else f"{part} " for part in parts[first:]).rstrip()
    for start in range(0, len(rest), max(1, letters // 2)):
        part = cut(rest if start == 0 else f"…{rest[start:]}", letters)
        if share(part, wanted):
            return part
    return cut(rest, letters)


def share(text: str, wanted: Iterable[str]) -> int:
    """How many of the `wanted` words the text has, in this form or one that begins alike."""
    own = {_beginning(word) for word in folded_words(text[:8_000], stored=True)}
    return sum(_beginning(word) in own or f"{word}s"[:_ALIKE] in own for word in wanted)


def cut(text: str, letters: int) -> str:
    """`text`, cut at a word when it has more letters."""
    if len(text) <= letters:
        return text
    return text[: letters - 1].rsplit(" ", 1)[0].rstrip(".,;:!?") + "…"


def _beginning(word: str) -> str:
    return word if word.startswith(GRAM) else word[:_ALIKE]


def _says_something(word: str) -> bool:
    return len(word) > 2 if word.isdigit() else len(word) > 1


@cache
def _stop_words() -> frozenset[str]:
    return frozenset((files("hub") / "data" / "stop_words.txt").read_text().split())
