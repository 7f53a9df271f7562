"""Analytics: ratings as entries, one at a time or many at once, and the summary over all channels."""

from collections.abc import Sequence

from msgspec import Struct

from hub.cursor import decode_cursor, encode_cursor
from hub.errors import Conflict, FieldError, Forbidden, InvalidInput, Muted
from hub.model import AnalyticsEdit, AnalyticsEntry, AnalyticsInput
from hub.store import channels, ratings, reviews
from hub.store.database import Transaction
from hub.store.log import ChannelRef
from hub.tokens import Identity


class EntryPage(Struct, frozen=True):
    """Entries, newest first; `next` continues with older ones."""

    items: list[AnalyticsEntry]
    next: str | None


class Verdict(Struct, frozen=True, omit_defaults=True):
    """What became of the entry at `index` of a bulk: 201 new, 200 changed, or 422, or 403 when muted, and why."""

    index: int
    status: int
    entry: AnalyticsEntry | None = None
    errors: tuple[FieldError, ...] = ()


class BulkAnswer(Struct, frozen=True):
    """A verdict for each entry of a bulk, in its order."""

    accepted: int
    rejected: int
    results: list[Verdict]


def create(tx: Transaction, author: Identity, new: AnalyticsInput) -> tuple[AnalyticsEntry, bool]:
    """Set the member's rating of a channel; the flag says whether there was none before.

    Raises InvalidInput for an unknown channel.
    """
    return _rate(tx, author.user_id, channels.given(tx, new.channel), new.stars)


def create_many(tx: Transaction, author: Identity, given: Sequence[AnalyticsInput | InvalidInput]) -> BulkAnswer:
    """Set the member's ratings of many channels; of several entries for one channel the last holds."""
    known = _known(tx)
    stars = {known[one.channel]: one.stars for one in given if isinstance(one, AnalyticsInput) and one.channel in known}
    entries: dict[str, AnalyticsEntry] = {}
    added: set[str] = set()
    muted: dict[str, Muted] = {}
    # Always in the same order, so that two bulks at once wait for each other instead of standing in each other's way.
    for channel in sorted(stars, key=lambda one: one.id):
        try:
            entries[channel.slug], is_new = _rate(tx, author.user_id, channel, stars[channel])
        except Muted as refusal:
            muted[channel.slug] = refusal
            continue
        if is_new:
            added.add(channel.slug)
    results = []
    for index, one in enumerate(given):
        error = one if isinstance(one, InvalidInput) else None if one.channel in known else channels.not_given()
        if isinstance(one, InvalidInput) or error is not None:
            results.append(Verdict(index, 422, errors=() if error is None else error.fields))
            continue
        if one.channel in muted:
            results.append(Verdict(index, 403, errors=(FieldError("channel", muted[one.channel].detail),)))
            continue
        status = 201 if one.channel in added else 200
        added.discard(one.channel)
        results.append(Verdict(index, status, entries[one.channel]))
    rejected = sum(verdict.status >= 400 for verdict in results)
    return BulkAnswer(len(results) - rejected, rejected, results)


def page(tx: Transaction, slug: str | None, username: str | None, limit: int, cursor: str | None = None) -> EntryPage:
    """The newest entries: of one channel or of all, of one member or of all.

    Raises InvalidInput for an unknown channel or a cursor that is not ours.
    """
    channel = None if slug is None else channels.given(tx, slug)
    before = 2**63 - 1 if cursor is None else int(str(decode_cursor(cursor, int)[0]))
    found = ratings.entries(tx, channel, username, before, limit + 1)
    items = found[:limit]
    return EntryPage(items, encode_cursor(items[-1].id) if len(found) > limit else None)


def get(tx: Transaction, entry_id: int) -> AnalyticsEntry:
    """One entry. Raises NotFound."""
    return ratings.entry(tx, entry_id)[0]


def update(tx: Transaction, editor: Identity, entry_id: int, new: AnalyticsEdit) -> AnalyticsEntry:
    """Change one's own entry's stars. Raises NotFound, Forbidden, Muted, or Conflict for another channel."""
    user_id, channel = _editable(tx, editor, entry_id)
    if new.channel not in (None, channel.slug):
        raise Conflict("An entry's channel cannot change: make an entry for the other channel.")
    if user_id == editor.user_id:
        reviews.rate(tx, user_id, channel, new.stars)
    elif get(tx, entry_id).stars != new.stars:
        raise Forbidden("Stars are their member's: you can remove them, not change them.")
    return get(tx, entry_id)


def delete(tx: Transaction, editor: Identity, entry_id: int) -> None:
    """Remove an entry, which is its member's rating. Raises NotFound or Forbidden."""
    user_id, channel = _editable(tx, editor, entry_id)
    reviews.unrate(tx, user_id, channel, editor)


def _rate(tx: Transaction, user_id: int, channel: ChannelRef, stars: int) -> tuple[AnalyticsEntry, bool]:
    is_new = ratings.stars_of(tx, user_id, channel) is None
    reviews.rate(tx, user_id, channel, stars)
    return ratings.entry_of(tx, user_id, channel), is_new


def _editable(tx: Transaction, editor: Identity, entry_id: int) -> tuple[int, ChannelRef]:
    entry, user_id = ratings.entry(tx, entry_id)
    if user_id != editor.user_id and editor.role == "visitor":
        raise Forbidden("Only the member whose entry it is or a moderator can change it.")
    return user_id, channels.find(tx, entry.channel)


def _known(tx: Transaction) -> dict[str, ChannelRef]:
    rows = tx.all("SELECT id, slug FROM channels WHERE deleted_at IS NULL")
    return {row["slug"]: ChannelRef(row["id"], row["slug"]) for row in rows}
