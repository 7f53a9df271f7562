"""The audit log, and how what a moderator or an author does settles the reports about a thing."""

from msgspec import Struct

from hub.cursor import decode_cursor, encode_cursor
from hub.moderation import Action, AuditEntry, Kind, Outcome
from hub.store.database import Row, Transaction
from hub.store.log import ChannelRef
from hub.tokens import Identity


class AuditPage(Struct, frozen=True):
    """What moderators did, newest first; `next` continues with what was before."""

    items: list[AuditEntry]
    next: str | None


def record(
    tx: Transaction,
    actor: Identity | None,
    action: Action,
    *,
    member_id: int | None = None,
    channel_id: int | None = None,
    channel_slug: str | None = None,
    thing_id: int | None = None,
    reason: str = "",
    until: str | None = None,
) -> None:
    """Note what somebody with rights did, or the operator, who is no member.

    Never the text that it was done to: what is deleted is gone from here, too. `channel_slug` is for a channel that is
    deleted; others are looked up.
    """
    tx.run(
        """INSERT INTO audit_log (at, actor_id, actor_name, by_operator, action, member_id, channel_id, channel_slug,
        thing_id, reason, until) VALUES (:now, :actor, :name, :operator, :action, :member, :channel,
        COALESCE(:slug, (SELECT slug FROM channels WHERE id = :channel)), :thing, :reason, :until)""",
        now=tx.now,
        actor=None if actor is None else actor.user_id,
        name=None if actor is None else actor.username,
        operator=int(actor is None),
        slug=channel_slug,
        action=action,
        member=member_id,
        channel=channel_id,
        thing=thing_id,
        reason=reason,
        until=until,
    )


def settle(tx: Transaction, kind: Kind, thing_id: int, outcome: Outcome) -> int:
    """Close the open reports about a thing; returns how many."""
    return tx.run(
        f"UPDATE reports SET settled_at = :now, outcome = :outcome WHERE {kind}_id = :id AND settled_at IS NULL",
        id=thing_id,
        now=tx.now,
        outcome=outcome,
    )


def edited(tx: Transaction, editor: Identity, kind: Kind, row: Row) -> None:
    """Note that somebody's text was changed, when it was not by its author."""
    if row["user_id"] != editor.user_id:
        action: Action = "post.edited" if kind == "post" else "review.edited"
        record(tx, editor, action, member_id=row["user_id"], channel_id=row["channel_id"], thing_id=row["id"])


def deleted(tx: Transaction, editor: Identity, kind: Kind, row: Row) -> None:
    """Note that somebody's text was deleted, when it was not by its author; the reports about it are settled."""
    settle(tx, kind, row["id"], "deleted")
    if row["user_id"] != editor.user_id:
        action: Action = "post.deleted" if kind == "post" else "review.deleted"
        record(tx, editor, action, member_id=row["user_id"], channel_id=row["channel_id"], thing_id=row["id"])


def stars_removed(tx: Transaction, editor: Identity, row: Row) -> None:
    """Note that somebody's review lost its stars, when it was not by its author."""
    if row["user_id"] != editor.user_id:
        record(
            tx,
            editor,
            "review.stars_removed",
            member_id=row["user_id"],
            channel_id=row["channel_id"],
            thing_id=row["id"],
        )


def rating_removed(tx: Transaction, editor: Identity, user_id: int, channel: ChannelRef) -> None:
    """Note that somebody's stars were taken off a channel, when it was not by themselves."""
    if user_id != editor.user_id:
        record(tx, editor, "rating.removed", member_id=user_id, channel_id=channel.id)


def page(tx: Transaction, limit: int, cursor: str | None = None) -> AuditPage:
    """The newest entries, or those before `cursor`. Raises InvalidInput for a cursor that is not ours."""
    before = 2**63 - 1 if cursor is None else int(str(decode_cursor(cursor, int)[0]))
    rows = tx.all(
        """SELECT audit_log.*, COALESCE(audit_log.actor_name, actors.username) AS actor,
        members.username AS member, COALESCE(audit_log.channel_slug, channels.slug) AS slug FROM audit_log
        LEFT JOIN users AS actors ON actors.id = audit_log.actor_id
        LEFT JOIN users AS members ON members.id = audit_log.member_id
        LEFT JOIN channels ON channels.id = audit_log.channel_id AND channels.deleted_at IS NULL
        WHERE audit_log.id < :before ORDER BY audit_log.id DESC LIMIT :limit""",
        before=before,
        limit=limit + 1,
    )
    items = [_entry(row) for row in rows[:limit]]
    return AuditPage(items, encode_cursor(items[-1].id) if len(rows) > limit else None)


def _entry(row: Row) -> AuditEntry:
    return AuditEntry(
        id=row["id"],
        at=row["at"],
        actor=row["actor"],
        action=row["action"],
        member=row["member"],
        channel=row["slug"],
        thing_id=row["thing_id"],
        reason=row["reason"],
        until=row["until"],
        by_operator=bool(row["by_operator"]),
    )
