"""The posts and reviews of the Flask site, in the order in which they were written."""

from datetime import date

from hub.importer.fitting import Written, moment, stars, written
from hub.importer.old_site import OldSite, Record
from hub.importer.opinions import TIMES
from hub.importer.report import Report
from hub.store import imports, ratings
from hub.store.database import Transaction
from hub.store.imports import OldPost, OldReview
from hub.store.log import ChannelRef


def move_writings(
    tx: Transaction, site: OldSite, people: dict[str, int], places: dict[str, ChannelRef], report: Report
) -> set[int]:
    """Add the posts and reviews that are missing; returns the ids of the channels that got some."""
    changed = set()
    for kind in ("posts", "camping_posts", "reviews"):
        report.table(kind)
    rows = [(kind, old) for kind in ("posts", "camping_posts", "reviews") for old in site.tables[kind]]
    timed = [(moment(old.get(*TIMES), tx.now) or tx.now, kind, old) for kind, old in rows]
    for at, kind, old in sorted(timed, key=lambda row: row[0]):
        channel = places.get(old.reference("channel_id"))
        if _move(tx, kind, old, at, people.get(old.reference("user_id")), channel, report) and channel is not None:
            changed.add(channel.id)
    return changed


def _move(
    tx: Transaction, kind: str, old: Record, at: str, user_id: int | None, channel: ChannelRef | None, report: Report
) -> bool:
    table = report.table(kind)
    if imports.find(tx, old.label) is not None:
        table.known += 1
        return False
    if channel is None:
        table.skip("its channel is not there", old.label)
        return False
    text = written(old.text("title"), old.text("comment", "review", "text"), old.get("content"))
    if text is None:
        table.skip("nothing is written in it", old.label)
        return False
    add = _add_review if kind == "reviews" else _add_post
    imports.remember(tx, old.label, add(tx, old, text, at, user_id, channel, report))
    for note in (*text.notes, *_circumstances(tx, at, user_id)):
        report.note(note, old.label)
    table.taken += 1
    return True


def _circumstances(tx: Transaction, at: str, user_id: int | None) -> list[str]:
    no_author = ["written by somebody who is not there: shown as by a former member"] if user_id is None else []
    return [*no_author, "had no time, so dated today"] if at == tx.now else no_author


def _add_post(
    tx: Transaction, old: Record, text: Written, at: str, user_id: int | None, channel: ChannelRef, report: Report
) -> int:
    return imports.add_post(tx, OldPost(channel.id, user_id, text.title, text.comment, text.content, at))


def _add_review(
    tx: Transaction, old: Record, text: Written, at: str, user_id: int | None, channel: ChannelRef, report: Report
) -> int:
    had = stars(old.get("stars", "rating"))
    count = None if had is None or user_id is None else ratings.stars_of(tx, user_id, channel)
    if had != count:
        report.note("a review's stars are its author's rating: they changed", f"{old.label} ({had} → {count})")
    visited = _day(old.text("visited_on", "date_of_visit", "visit_date"))
    review = OldReview(channel.id, user_id, text.title, text.comment, text.content, at, stars=count, visited_on=visited)
    return imports.add_review(tx, review)


def _day(text: str) -> str | None:
    try:
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        return None
