"""The built-in ranger: answers without any service, by retrieval."""

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

from hub import parks
from hub.errors import HubError
from hub.parks import Park
from hub.ranger.facts import fact, named_park
from hub.ranger.handbook import Handbook
from hub.ranger.model import ContextItem, Piece, Prompt, Usage
from hub.ranger.replies import Findings, Reply, biome_of, compose, small_talk
from hub.terms import MAX_TERMS, WEAK_WORDS, terms, words

PIECE_SECONDS = 0.012
_FEW = 2
_PIECE = re.compile(r"\s*\S+|\s+$")

Find = Callable[[Sequence[str], str | None], Awaitable[list[ContextItem]]]


class OfflineRanger:
    """A `RangerModel` that answers from the handbook, the parks' facts, and what `find` finds visitors to have written.

    `find` takes the question's words and a channel's slug. The answer comes word by word, `piece_seconds` apart.
    """

    def __init__(self, find: Find, handbook: Handbook | None = None, piece_seconds: float = PIECE_SECONDS) -> None:
        self._find = find
        self._handbook = handbook or Handbook()
        self._piece_seconds = piece_seconds

    @property
    def name(self) -> str:
        return "Offline ranger"

    async def answer(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        """The answer word by word, then what it rests on."""
        reply = await self.reply(prompt)
        for piece in _PIECE.findall(reply.text):
            yield piece
            await asyncio.sleep(self._piece_seconds)
        for source in reply.sources:
            yield source
        yield Usage()

    async def close(self) -> None:
        """Nothing to let go of."""

    async def reply(self, prompt: Prompt) -> Reply:
        """The whole answer at once."""
        own = _park(prompt.park)
        park = named_park(prompt.question, surely=own is not None) or own
        talk = small_talk(prompt.question, park)
        if talk is not None:
            return talk
        found = await self._look_up(prompt, prompt.question, park)
        if not (found.hits or found.fact) and len(found.terms) <= _FEW:
            before = next((turn.text for turn in reversed(prompt.turns) if turn.role == "user"), "")
            if before:
                found = await self._look_up(prompt, f"{prompt.question} {before}", park)
        return compose(found)

    async def _look_up(self, prompt: Prompt, question: str, park: Park | None) -> Findings:
        wanted = terms(question, also_ignore=() if park is None else words(park.name))
        slug = prompt.park if park is None else park.slug
        return Findings(
            question=question,
            terms=wanted,
            park=park,
            hits=self._handbook.search(_for_handbook(question, wanted), biome_of(slug, park)),
            said=await self._said(wanted, slug),
            fact=fact(question, park),
        )

    async def _said(self, wanted: Sequence[str], slug: str | None) -> list[ContextItem]:
        """What visitors wrote; an answer without it is better than none."""
        try:
            return await self._find(wanted, slug) if wanted else []
        except HubError:
            return []


def _for_handbook(question: str, wanted: Sequence[str]) -> Sequence[str]:
    """A question of weak words alone ("where can I camp?") says more as a whole."""
    return words(question)[:MAX_TERMS] if wanted and WEAK_WORDS.issuperset(wanted) else wanted


def _park(slug: str | None) -> Park | None:
    try:
        return None if slug is None else parks.park(slug)
    except KeyError:
        return None
