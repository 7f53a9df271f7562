"""Versions: the ETag of everything that can be edited, and `If-Match` (RFC 9110, sections 8.8.3 and 13.1.1).

A tag stands for what an edit would replace: not for who reads it, nor for what others add to the thing (votes, counts,
messages), nor for its author's name.
"""

import hashlib
import re
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import msgspec
from msgspec import Struct
from quart import Response, request

from hub.conversation import Conversation, Dialogue, Message
from hub.errors import Changed
from hub.handlers.json import answer
from hub.locations import Location
from hub.model import AnalyticsEntry, Channel, Post, Review, User
from hub.store.database import Guard, Transaction
from hub.store.quiz import QuizResult

T = TypeVar("T")
# Section 8.8.3; a weak tag is none that a change can rest on (section 8.8.3.2).
_STRONG_TAGS = re.compile(r'(?:^|[\s,])"([\x21\x23-\x7e\x80-\xff]*)"')
_Stamped = Post | Review | AnalyticsEntry | QuizResult | Message | Location


class Version(Struct, frozen=True):
    """A thing and its tag, without the quotes."""

    thing: Any
    tag: str

    @property
    def etag(self) -> str:
        """The tag as headers have it."""
        return f'"{self.tag}"'


def version_of(thing: Any) -> Version:
    """The version of a thing that says by itself which it is."""
    if isinstance(thing, Version):
        return thing
    if isinstance(thing, _Stamped):
        return Version(thing, thing.updated_at)
    if isinstance(thing, Conversation | Dialogue):
        return Version(thing, _digest(thing.title))
    if isinstance(thing, User):
        return Version(thing, _digest(thing.username, thing.name, thing.role))
    if isinstance(thing, Channel):
        return Version(thing, _digest(thing.name, thing.group, thing.kind, thing.description))
    raise TypeError(f"{type(thing).__name__} has no version")


def tagged(thing: Any, status: int = 200, headers: dict[str, str] | None = None, *, shown: Any = None) -> Response:
    """A thing as a JSON response with its ETag; `shown` is what the response has in its place."""
    version = version_of(thing)
    found = version.thing if shown is None else shown
    return answer(found, status, {**(headers or {}), "ETag": version.etag})


def based_on(present: Callable[[Transaction], Any], unit: Callable[[Transaction], T]) -> Callable[[Transaction], T]:
    """`unit`, but undone where the request has an `If-Match` that does not name the version that `present` gives.

    It is tried first: what would be refused anyhow is refused for its own reason (section 13.2.1). Raises Changed.
    """
    return guard(present)(unit)


def guard(present: Callable[[Transaction], Any]) -> Guard:
    """As `based_on`, for units that are made elsewhere."""
    given = request.headers.getlist("If-Match")

    def guarded(unit: Callable[[Transaction], T]) -> Callable[[Transaction], T]:
        return partial(_run_if_matching, ",".join(given), present, unit) if given else unit

    return guarded


async def expect(read: Callable[[Callable[[Transaction], Any]], Any], present: Callable[[Transaction], Any]) -> None:
    """Look before a change that is not one unit, with the database's `read`. Raises Changed."""
    if "If-Match" in request.headers:
        await read(guard(present)(lambda tx: None))


def matches(condition: str, tag: str) -> bool:
    """Whether an `If-Match` field's value names `tag`."""
    return condition.strip() == "*" or tag in _STRONG_TAGS.findall(condition)


def _run_if_matching(
    condition: str, present: Callable[[Transaction], Any], unit: Callable[[Transaction], T], tx: Transaction
) -> T:
    version = version_of(present(tx))
    result = unit(tx)
    if not matches(condition, version.tag):
        raise Changed(version.thing, version.etag)
    return result


def _digest(*parts: str) -> str:
    return hashlib.blake2b(msgspec.json.encode(parts), digest_size=8).hexdigest()
