"""Reports by members: one per member and thing, and the queue of what moderators have not looked at."""

from msgspec import Struct

from hub.cursor import decode_cursor, encode_cursor
from hub.errors import Conflict, Forbidden, NotFound, invalid_field
from hub.moderation import Kind, Report, Reported, Resolution
from hub.store import hiding, posts, reviews, verdicts
from hub.store.authors import author_of
from hub.store.database import Row, Transaction, required
from hub.tokens import Identity

_REPORTS = """SELECT reports.*, users.username, users.name AS author_name, users.role AS author_role
    FROM reports JOIN users ON users.id = reports.user_id"""
# A thing's place in the queue is its first open report; each kind of thing has an id of its own.
_QUEUE = """SELECT min(id) AS first, post_id, review_id FROM reports WHERE settled_at IS NULL
    GROUP BY post_id, review_id HAVING min(id) > :after ORDER BY first LIMIT :limit"""


class Queue(Struct, frozen=True):
    """Things with open reports, those that have waited longest first; `next` continues."""

    items: list[Reported]
    next: str | None


def add(tx: Transaction, reporter: Identity, kind: Kind, thing_id: int, reason: str) -> tuple[Report, bool]:
    """Report a thing; the flag says whether the member had not done so before, else the first report stays.

    Raises NotFound, Gone, or Forbidden for what one has written oneself.
    """
    row = posts.find(tx, thing_id) if kind == "post" else reviews.find(tx, thing_id)
    if row["user_id"] == reporter.user_id:
        raise Forbidden("This is yours: you can change or delete it.")
    added = tx.run(
        f"""INSERT INTO reports (user_id, {kind}_id, reason, created_at) VALUES (:user, :thing, :reason, :now)
        ON CONFLICT DO NOTHING""",
        user=reporter.user_id,
        thing=thing_id,
        reason=reason,
        now=tx.now,
    )
    mine = tx.one(
        f"{_REPORTS} WHERE reports.{kind}_id = :thing AND reports.user_id = :user",
        thing=thing_id,
        user=reporter.user_id,
    )
    return _report(required(mine)), added == 1


def queue(tx: Transaction, moderator: Identity, limit: int, cursor: str | None = None) -> Queue:
    """What has open reports. Raises InvalidInput for a cursor that is not ours."""
    after = 0 if cursor is None else int(str(decode_cursor(cursor, int)[0]))
    rows = tx.all(_QUEUE, after=after, limit=limit + 1)
    items = [_reported(tx, moderator, row) for row in rows[:limit]]
    return Queue(items, encode_cursor(rows[limit - 1]["first"]) if len(rows) > limit else None)


def count_open(tx: Transaction) -> int:
    """How many things wait in the queue."""
    return int(
        required(
            tx.one(
                """SELECT count(DISTINCT post_id) + count(DISTINCT review_id) AS things FROM reports
                WHERE settled_at IS NULL"""
            )
        )["things"]
    )


def resolve(tx: Transaction, moderator: Identity, report_id: int, how: Resolution) -> None:
    """Settle all open reports about the thing that one report is about.

    Raises NotFound, Conflict when they are settled already, or InvalidInput for hiding without a reason.
    """
    row = tx.one("SELECT * FROM reports WHERE id = :id", id=report_id)
    if row is None:
        raise NotFound(f"There is no report {report_id}.")
    kind, thing_id = _thing_of(row)
    thing = hiding.lock(tx, moderator, kind, thing_id)
    if required(tx.one("SELECT settled_at FROM reports WHERE id = :id", id=report_id))["settled_at"] is not None:
        raise Conflict("Somebody has settled this report already.")
    if how.action == "hide":
        if not how.reason.strip():
            raise invalid_field("reason", "say why: its author sees it")
        hiding.hide(tx, moderator, kind, thing_id, how.reason)
    elif how.action == "delete":
        _delete(tx, moderator, kind, thing_id)
    else:
        verdicts.settle(tx, kind, thing_id, "dismissed")
        verdicts.record(
            tx,
            moderator,
            "report.dismissed",
            member_id=thing["user_id"],
            channel_id=thing["channel_id"],
            thing_id=thing_id,
            reason=how.reason,
        )


def _delete(tx: Transaction, moderator: Identity, kind: Kind, thing_id: int) -> None:
    if kind == "post":
        posts.delete(tx, moderator, thing_id)
    else:
        reviews.delete(tx, moderator, thing_id, keep_rating=True)


def _reported(tx: Transaction, moderator: Identity, row: Row) -> Reported:
    kind, thing_id = _thing_of(row)
    reports = tx.all(
        f"{_REPORTS} WHERE reports.{kind}_id = :thing AND reports.settled_at IS NULL ORDER BY reports.id LIMIT 100",
        thing=thing_id,
    )
    found = [_report(one) for one in reports]
    if kind == "post":
        return Reported(kind, found, post=posts.get(tx, thing_id, moderator))
    return Reported(kind, found, review=reviews.get(tx, thing_id, moderator))


def _thing_of(row: Row) -> tuple[Kind, int]:
    return ("post", row["post_id"]) if row["post_id"] is not None else ("review", row["review_id"])


def _report(row: Row) -> Report:
    kind, thing_id = _thing_of(row)
    return Report(
        id=row["id"],
        kind=kind,
        thing_id=thing_id,
        reporter=author_of(row),
        reason=row["reason"],
        created_at=row["created_at"],
        outcome=row["outcome"],
    )
