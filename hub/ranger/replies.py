"""The offline ranger's answers: put together from the handbook, the parks' facts and what visitors wrote.

At most four sentences, eight when more is asked for; then a line that says who answers and out of what. What visitors
wrote is quoted, and none of it can act as Markdown or pass for the ranger's own words.
"""

import re
from collections.abc import Sequence

from msgspec import Struct

from hub.parks import BIOMES, Biome, Park, biome
from hub.ranger.facts import Fact
from hub.ranger.handbook import Entry, Hit
from hub.ranger.model import ContextItem, Source
from hub.terms import cut, sentences, share, words

SHORT, LONG = 4, 8
_QUOTE = 220
_CLOSE_SECOND = 0.75
_MORE = re.compile(r"\b(more|details?|detailed|in depth|explain|everything|long(er)? answer|step by step)\b", re.I)
_URGENT = re.compile(
    r"\b(emergency|911|unconscious|not breathing|can'?t breathe|heart attack|chest pain|dying|bleeding|drown(ing|ed)|"
    r"lost|missing|struck|bitten|bit (me|him|her|us)|attack(ed|ing|s)?|stroke|hypotherm\w*|anaphyla\w*|overdose|"
    r"avalanche|swept away|fell|broke[n]? (my|his|her|a) (leg|ankle|arm|neck|back)|suicid\w*|kill myself)\b",
    re.I,
)
_URGENT_TEXT = (
    "If somebody is in danger now, call **911** first (a text to 911 or a satellite messenger may go through where a "
    "call does not)."
)
_GREETINGS = frozenset(
    ("hi", "hello", "hey", "good", "morning", "evening", "afternoon", "howdy", "greetings", "ranger", "there", "yo")
)
_THANKS = re.compile(r"^\W*(many |great,? |ok(ay)?,? |perfect,? )?(thanks?|thank you|thx|cheers)\b", re.I)
_WHO = re.compile(
    r"\b(who|what) are you\b|\bwhat can you do\b|\bare you (a |an )?(bot|robot|ai|human|real|machine|person)\b|"
    r"\bhow do you work\b|\byour name\b|^\W*help\W*$",
    re.I,
)
_MARKDOWN = re.compile(r"([\\`*_\[\]<>#])")
_QUESTIONS: dict[Biome | None, tuple[str, ...]] = {
    None: ("How do I store food in bear country?", "How much water should I carry?", "What gear can I get cheaper?"),
    "tundra": ("What is camping on the tundra like?", "What do I do when I meet a bear?", "How do I cross a river?"),
    "forest": ("How do I store food from bears?", "How do I keep dry in the rain?", "How do I get rid of a tick?"),
    "desert": ("How much water should I carry?", "What are the signs of heat stroke?", "May I camp in a dry wash?"),
    "aquatic": ("Where may I pitch by the sea?", "What do I do in a rip current?", "What should I know about kayaks?"),
    "mountain": ("What do I do in a thunderstorm?", "How do I avoid altitude sickness?", "How warm a bag do I need?"),
    "canyon": ("How do I notice a flash flood?", "How much water should I carry?", "Do I need a backcountry permit?"),
}


class Reply(Struct, frozen=True):
    """A whole answer and what it rests on."""

    text: str
    sources: list[Source] = []


class Findings(Struct, frozen=True):
    """What was found for a question of these words."""

    question: str
    terms: Sequence[str]
    park: Park | None
    hits: Sequence[Hit]
    said: Sequence[ContextItem]
    fact: Fact | None


def small_talk(question: str, park: Park | None) -> Reply | None:
    """The answer to a greeting, to thanks, and to who one is talking with; None for a real question."""
    own = set(words(question))
    if own and own <= _GREETINGS:
        return Reply(f"Hello! {_introduction(park)}")
    if _THANKS.search(question) and len(own) <= 8:
        return Reply("You are welcome. Leave a trip plan with somebody, and enjoy the trail!")
    if _WHO.search(question):
        return Reply(_introduction(park))
    return None


def compose(found: Findings) -> Reply:
    """The answer to a question."""
    if not (found.hits or found.said or found.fact):
        return _unknown(found)
    room = LONG if _MORE.search(found.question) else SHORT
    lines: list[str] = []
    sources: list[Source] = []
    if _URGENT.search(found.question):
        lines.append(_URGENT_TEXT)
    if found.fact is not None:
        lines.append(found.fact.text)
        sources += found.fact.sources
    quoted = found.said[: 2 if room == LONG or not found.hits else 1]
    entries = _entries(found.hits, room)
    lines += _from_handbook(entries, found.terms, room - len(lines) - len(quoted))
    sources += [_handbook_source(entry) for entry in entries]
    lines += [_quote(item, found.terms) for item in quoted]
    sources += [item.source for item in quoted if item.source is not None]
    return Reply(f"{' '.join(lines)}\n\n{_signature(entries, found)}", sources)


def questions(park: Park | None) -> tuple[str, ...]:
    """Questions that one might ask about the park."""
    return _QUESTIONS.get(None if park is None else biome(park), _QUESTIONS[None])


def biome_of(slug: str | None, park: Park | None) -> Biome | None:
    """The landscape that a channel is about: its park's, or its own for the channels of biomes."""
    if park is not None:
        return biome(park)
    return slug if slug in BIOMES else None


def _introduction(park: Park | None) -> str:
    place = f" and about {park.name}" if park is not None else ""
    return (
        "I am the hub's offline ranger: no language model, but a camping handbook, the facts of 63 parks and what "
        f"visitors wrote here. Ask me about gear, food, water, weather, wildlife, first aid or permits{place}. "
        f"For example: {_examples(park)}"
    )


def _unknown(found: Findings) -> Reply:
    urgent = f"{_URGENT_TEXT} " if _URGENT.search(found.question) else ""
    return Reply(
        f"{urgent}I don't know about that: I am the offline ranger, and my handbook is about camping and the parks. "
        f"Other words may help, or ask for example: {_examples(found.park)}"
    )


def _examples(park: Park | None) -> str:
    first, *middle, last = questions(park)
    return f"“{first}” {' '.join(f'“{one}”' for one in middle)} or “{last}”"


def _entries(hits: Sequence[Hit], room: int) -> list[Entry]:
    """The best entry, and the second where it comes close and knows of more of the question's words."""
    if not hits:
        return []
    best, *others = hits
    second = next(
        (hit for hit in others if hit.score >= _CLOSE_SECOND * best.score and hit.matched - best.matched), None
    )
    if second is None and room == LONG and others:
        second = others[0]
    return [best.entry] if second is None else [best.entry, second.entry]


def _from_handbook(entries: Sequence[Entry], terms: Sequence[str], room: int) -> list[str]:
    if not entries:
        return []
    first, *second = entries
    from_second = max(1, room // 2 - 1) if second else 0
    lines = _best_sentences(first, terms, room - from_second)
    return lines + [line for entry in second for line in _best_sentences(entry, terms, from_second)]


def _best_sentences(entry: Entry, terms: Sequence[str], room: int) -> list[str]:
    """The sentences of an entry that say most about the words, in its order; earlier ones win a tie."""
    parts = list(enumerate(sentences(entry.text)))
    best = sorted(parts, key=lambda part: (-share(part[1], terms), part[0]))[: max(1, room)]
    return [text for _, text in sorted(best)]


def _quote(item: ContextItem, terms: Sequence[str]) -> str:
    spoken = max(sentences(item.text) or [item.title], key=lambda line: share(line, terms))
    where = "in a review" if item.kind == "review" else "here"
    return f"A visitor wrote {where}: “{_plain(cut(spoken, _QUOTE))}”"


def _signature(entries: Sequence[Entry], found: Findings) -> str:
    books = f" From the handbook: {', '.join(entry.title for entry in entries)}." if entries else ""
    site = f"https://www.nps.gov/{found.park.code}/" if found.park is not None else "https://www.nps.gov/"
    return (
        f"*The offline ranger.{books} Conditions change: check with the [park service]({site}); "
        "in an emergency call 911.*"
    )


def _handbook_source(entry: Entry) -> Source:
    return Source("handbook", entry.id, entry.title, f"/handbook#{entry.id}")


def _plain(text: str) -> str:
    """A visitor's words that stay words: no Markdown, no links, no marks that would end the quotation."""
    without_links = re.sub(r"(?:https?://|www\.)[^\s)]+", "(link)", text)
    return _MARKDOWN.sub(r"\\\1", re.sub(r"[“”\"]", "'", without_links))
