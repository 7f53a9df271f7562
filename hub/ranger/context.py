"""What the model gets to know besides the question: the park as it is now, and what was said before.

Cut by tokens, the oldest first, and never in the middle of a message. What people wrote is marked as data; the mark is
random, so no text can forge the end of it.
"""

import re
import secrets
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import TypeVar

from msgspec import Struct

from hub.model import Channel, Post, Rating, Review
from hub.ranger.model import ContextItem, Prompt, Source, Turn
from hub.store import channels, posts, review_pages
from hub.store.database import Row, Transaction, required

BYTES_PER_TOKEN = 3.5
MESSAGE_TOKENS = 8
NEWEST = 8
PARK_SHARE = 0.6
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029]")


T = TypeVar("T")


class Material(Struct, frozen=True):
    """Everything that might go into a prompt; items and turns are the oldest first."""

    question: str
    park: str | None
    facts: list[ContextItem]
    items: list[ContextItem]
    turns: list[Turn]


class PromptLimits(Struct, frozen=True):
    """How long a prompt and its answer may be, in tokens, and how freely the model may choose its words."""

    context_tokens: int
    answer_tokens: int
    temperature: float


def tokens(text: str) -> int:
    """About how many tokens a text has, rather too many than too few."""
    return MESSAGE_TOKENS + int(len(text.encode()) / BYTES_PER_TOKEN)


def gather(tx: Transaction, conversation_id: int, question_id: int) -> Material:
    """Read what belongs to a question. Raises LookupError when it has been deleted."""
    row = required(
        tx.one(
            """SELECT messages.text, channels.slug FROM messages
            JOIN conversations ON conversations.id = messages.conversation_id
            LEFT JOIN channels ON channels.id = conversations.channel_id AND channels.deleted_at IS NULL
            WHERE messages.id = :id""",
            id=question_id,
        )
    )
    slug: str | None = row["slug"]
    facts, items = ([], []) if slug is None else _park(tx, slug)
    return Material(row["text"], slug, facts, items, _turns(tx, conversation_id, question_id))


def build(material: Material, limits: PromptLimits) -> Prompt:
    """The prompt that fits into the limits."""
    mark = secrets.token_hex(8)
    system = _system().replace("{mark}", mark).replace("{today}", datetime.now(UTC).date().isoformat())
    left = limits.context_tokens - tokens(system) - tokens(material.question)
    left -= sum(tokens(item.text) for item in material.facts)
    items = newest_that_fit([(item, tokens(item.title + item.text)) for item in material.items], left * PARK_SHARE)
    left -= sum(tokens(item.title + item.text) for item in items)
    turns = newest_that_fit([(turn, tokens(turn.text)) for turn in material.turns], left)
    while turns and turns[0].role == "ranger":
        turns = turns[1:]
    return Prompt(
        system=system,
        question=material.question,
        context=[*material.facts, *items],
        turns=turns,
        park=material.park,
        max_tokens=limits.answer_tokens,
        temperature=limits.temperature,
        mark=mark,
    )


def data_block(prompt: Prompt) -> str:
    """The prompt's context as text between the marks, empty when there is none."""
    if not prompt.context:
        return ""
    parts = "\n\n".join(f"[{item.kind}] {_line(item.title)}\n{_plain(item.text)}" for item in prompt.context)
    return f"<<<DATA {prompt.mark}\n{parts.replace(prompt.mark, '')}\n{prompt.mark} DATA>>>"


def newest_that_fit(entries: Sequence[tuple[T, int]], budget: float) -> list[T]:
    """The newest of `entries` (thing and tokens, the oldest first) that fit: from the first that does not, none."""
    kept: list[T] = []
    for thing, cost in reversed(entries):
        budget -= cost
        if budget < 0:
            break
        kept.append(thing)
    return kept[::-1]


@cache
def _system() -> str:
    return (files("hub.ranger") / "ranger_prompt.md").read_text()


def _turns(tx: Transaction, conversation_id: int, question_id: int) -> list[Turn]:
    rows = tx.all(
        """SELECT id, role, text, question_id FROM messages
        WHERE conversation_id = :conversation AND id < :question AND superseded = 0 ORDER BY id""",
        conversation=conversation_id,
        question=question_id,
    )
    answered = {row["question_id"] for row in rows if row["role"] == "ranger" and row["text"]}
    return [Turn(row["role"], row["text"]) for row in rows if _counts(row, answered)]


def _counts(row: Row, answered: set[int]) -> bool:
    return row["id"] in answered if row["role"] == "user" else bool(row["text"])


def _park(tx: Transaction, slug: str) -> tuple[list[ContextItem], list[ContextItem]]:
    channel, ref = channels.get(tx, slug), channels.find(tx, slug)
    facts = [
        ContextItem("park", channel.name, _facts(channel)),
        ContextItem("park", "Visitors' stars", _stars(channels.rating(tx, ref))),
    ]
    newest = [
        *((post.created_at, _post(post)) for post in posts.page(tx, ref, NEWEST).items),
        *((review.created_at, _review(review)) for review in review_pages.page(tx, ref, NEWEST).items),
    ]
    return facts, [item for _, item in sorted(newest, key=lambda dated: dated[0])]


def _facts(channel: Channel) -> str:
    park = channel.park
    if park is None:
        return channel.description or channel.name
    return "\n".join(
        (
            f"{park.full_name} ({park.designation}), in {', '.join(park.states)}.",
            f"At latitude {park.latitude:.3f}, longitude {park.longitude:.3f}.",
            f"Activities: {', '.join(park.activities)}.",
            f"Topics: {', '.join(park.topics)}.",
        )
    )


def _stars(rating: Rating) -> str:
    if rating.average is None:
        return "Nobody has rated it yet."
    each = ", ".join(f"{stars} stars: {count}" for stars, count in rating.histogram.items())
    return f"{rating.average:.1f} of 5 on average, from {rating.count} ratings ({each})."


def _post(post: Post) -> ContextItem:
    source = Source("post", str(post.id), post.title, f"/channels/{post.channel}#post-{post.id}")
    return ContextItem("post", post.title, f"Written {post.created_at[:10]}: {post.comment}", source)


def _review(review: Review) -> ContextItem:
    href = f"/channels/{review.channel}?tab=reviews#review-{review.id}"
    source = Source("review", str(review.id), review.title, href)
    said: Iterable[str] = (
        f"Written {review.created_at[:10]}",
        "" if review.visited_on is None else f"visited {review.visited_on.isoformat()}",
        "" if review.stars is None else f"{review.stars} of 5 stars",
    )
    return ContextItem("review", review.title, f"{', '.join(filter(None, said))}: {review.comment}", source)


def _line(text: str) -> str:
    return " ".join(_plain(text).split())


def _plain(text: str) -> str:
    return _CONTROL.sub(" ", text)
