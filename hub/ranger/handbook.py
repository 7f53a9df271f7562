"""The camping handbook that ships with the hub, and the search in it."""

import sqlite3
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec
from msgspec import Struct

from hub.folding import folded_words
from hub.parks import Biome

Landscape = Literal["tundra", "desert", "valley", "mountain", "forest", "water"]

LANDSCAPES: dict[Biome, frozenset[Landscape]] = {
    "tundra": frozenset(("tundra",)),
    "forest": frozenset(("forest",)),
    "desert": frozenset(("desert",)),
    "aquatic": frozenset(("water",)),
    "mountain": frozenset(("mountain", "forest")),
    "canyon": frozenset(("desert", "valley")),
    "cave": frozenset(("desert", "forest")),
    "grassland": frozenset(("valley",)),
    "city": frozenset(),
}

# How much a word counts in the title, in the topics and in the text.
_WEIGHTS = (7.0, 4.0, 1.0)
_AT_HOME, _ELSEWHERE = 1.25, 0.7

# How much of a question an entry must be about to answer it: a word in its title or topics counts 1, in its text 0.5.
_ENOUGH, _SHARE, _SHARE_WHEN_NAMED = 1.5, 0.33, 0.25
_NAMES = 2


class Entry(Struct, frozen=True):
    """One entry; the first of `topics` is its subject, the others are words that people ask with."""

    id: str
    title: str
    topics: list[str]
    biomes: list[Landscape]
    text: str


class Hit(Struct, frozen=True):
    """An entry that answers a question; a higher score is a better one. `matched` are the question's words in it."""

    entry: Entry
    score: float
    matched: frozenset[str]


class _File(Struct):
    note: str
    entries: list[Entry]


@cache
def entries() -> tuple[Entry, ...]:
    """The whole handbook."""
    data = (files("hub") / "data" / "handbook.json").read_bytes()
    return tuple(msgspec.json.decode(data, type=_File).entries)


class Handbook:
    """The entries in a full-text index of this process."""

    def __init__(self, content: Sequence[Entry] | None = None) -> None:
        self.entries = tuple(content or entries())
        self._index = sqlite3.connect(":memory:", check_same_thread=False)
        self._index.execute(
            "CREATE VIRTUAL TABLE handbook USING fts5(title, topics, text, tokenize = 'porter unicode61')"
        )
        rows = [(n, *map(_folded, (one.title, " ".join(one.topics), one.text))) for n, one in enumerate(self.entries)]
        self._index.executemany("INSERT INTO handbook (rowid, title, topics, text) VALUES (?, ?, ?, ?)", rows)

    def search(self, terms: Sequence[str], biome: Biome | None = None, limit: int = 3) -> list[Hit]:
        """The entries that answer a question of these words (from `hub.terms`), best first; none that only brush it."""
        about = {term: self._with(f'{{title topics}} : "{term}"') for term in terms}
        within = {term: self._with(f'"{term}"') for term in terms}
        hits = []
        for number, score in self._ranked(terms):
            covered = _covered(number, about, within)
            if _answers(number, covered, about):
                entry = self.entries[number]
                matched = frozenset(term for term in terms if number in within[term])
                hits.append(Hit(entry, score * _fitness(entry, biome) * (0.5 + covered / len(terms)), matched))
        return sorted(hits, key=lambda hit: -hit.score)[:limit]

    def _ranked(self, terms: Sequence[str]) -> list[tuple[int, float]]:
        if not terms:
            return []
        return self._index.execute(
            "SELECT rowid, -bm25(handbook, ?, ?, ?) FROM handbook WHERE handbook MATCH ? ORDER BY rank LIMIT 20",
            (*_WEIGHTS, " OR ".join(f'"{term}"' for term in terms)),
        ).fetchall()

    def _with(self, match: str) -> frozenset[int]:
        rows = self._index.execute("SELECT rowid FROM handbook WHERE handbook MATCH ?", (match,)).fetchall()
        return frozenset(number for (number,) in rows)


def _folded(text: str) -> str:
    return " ".join(folded_words(text, stored=True))


def _covered(number: int, about: dict[str, frozenset[int]], within: dict[str, frozenset[int]]) -> float:
    told = sum(number in numbers for numbers in about.values())
    return (told + sum(number in numbers for numbers in within.values())) / 2


def _answers(number: int, covered: float, about: dict[str, frozenset[int]]) -> bool:
    """Whether the entry is about enough of the question's words; fewer do when one of them names it."""
    told = [numbers for numbers in about.values() if number in numbers]
    if not told:
        return False
    named = any(len(numbers) <= _NAMES for numbers in told)
    return covered >= _ENOUGH or covered >= (_SHARE_WHEN_NAMED if named else _SHARE) * len(about)


def _fitness(entry: Entry, biome: Biome | None) -> float:
    if biome is None or not entry.biomes:
        return 1.0
    return _AT_HOME if LANDSCAPES[biome] & set(entry.biomes) else _ELSEWHERE
