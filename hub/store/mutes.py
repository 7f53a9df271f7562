"""Mutes: members who may not write for a time, in a channel or everywhere."""

from datetime import datetime, timedelta

from msgspec import Struct

from hub.cursor import decode_cursor, encode_cursor
from hub.errors import Forbidden, NotFound, invalid_field
from hub.model import rfc3339
from hub.moderation import Mute, MuteInForce, MuteInput, check_mutes
from hub.store import channels, verdicts
from hub.store.database import Row, Transaction, required
from hub.store.log import ChannelRef
from hub.tokens import Identity

_MUTES = """SELECT mutes.*, users.username, channels.slug, moderators.username AS by_username FROM mutes
    LEFT JOIN users ON users.id = mutes.user_id LEFT JOIN channels ON channels.id = mutes.channel_id
    LEFT JOIN users AS moderators ON moderators.id = mutes.by_id"""
_RANKS = {"visitor": 0, "moderator": 1, "admin": 2}


class MutePage(Struct, frozen=True):
    """Mutes in force, newest first; `next` continues with older ones."""

    items: list[Mute]
    next: str | None


def check(tx: Transaction, user_id: int, channel: ChannelRef | None = None) -> None:
    """Raise Muted when the member may show nothing to others in the channel now; None is for what all channels show."""
    rows = tx.all(_MUTES + " WHERE mutes.user_id = :user AND mutes.until > :now", user=user_id, now=tx.now)
    check_mutes([_in_force(row) for row in rows], None if channel is None else channel.slug)


def put(tx: Transaction, moderator: Identity, new: MuteInput) -> tuple[Mute, bool]:
    """Mute a member, or change the mute that there is for the same place; the flag says whether it is new.

    Raises InvalidInput for an unknown member or channel, Forbidden for somebody of the same rank or above.
    """
    tx.run("DELETE FROM mutes WHERE until <= :now", now=tx.now)
    user_id = _mutable(tx, moderator, new.username)
    channel = None if new.channel is None else channels.given(tx, new.channel)
    channel_id = None if channel is None else channel.id
    until = rfc3339(datetime.fromisoformat(tx.now) + timedelta(minutes=new.minutes))
    replaced = tx.run(
        f"DELETE FROM mutes WHERE user_id = :user AND channel_id {'IS NULL' if channel_id is None else '= :channel'}",
        user=user_id,
        **({} if channel_id is None else {"channel": channel_id}),
    )
    row = required(
        tx.one(
            """INSERT INTO mutes (user_id, channel_id, until, reason, by_id, created_at)
            VALUES (:user, :channel, :until, :reason, :by, :now) RETURNING id""",
            user=user_id,
            channel=channel_id,
            until=until,
            reason=new.reason,
            by=moderator.user_id,
            now=tx.now,
        )
    )
    verdicts.record(
        tx, moderator, "member.muted", member_id=user_id, channel_id=channel_id, reason=new.reason, until=until
    )
    return _mute(_row(tx, row["id"])), not replaced


def end(tx: Transaction, moderator: Identity, mute_id: int) -> None:
    """Let a muted member write again. Raises NotFound."""
    row = _row(tx, mute_id)
    tx.run("DELETE FROM mutes WHERE id = :id", id=mute_id)
    verdicts.record(tx, moderator, "member.unmuted", member_id=row["user_id"], channel_id=row["channel_id"])


def page(tx: Transaction, limit: int, cursor: str | None = None) -> MutePage:
    """The newest mutes in force, or those before `cursor`. Raises InvalidInput for a cursor that is not ours."""
    before = 2**63 - 1 if cursor is None else int(str(decode_cursor(cursor, int)[0]))
    rows = tx.all(
        _MUTES + " WHERE mutes.id < :before AND mutes.until > :now ORDER BY mutes.id DESC LIMIT :limit",
        before=before,
        now=tx.now,
        limit=limit + 1,
    )
    items = [_mute(row) for row in rows[:limit]]
    return MutePage(items, encode_cursor(items[-1].id) if len(rows) > limit else None)


def of(tx: Transaction, user_id: int) -> list[Mute]:
    """The mutes of one member."""
    rows = tx.all(_MUTES + " WHERE mutes.user_id = :user AND mutes.until > :now", user=user_id, now=tx.now)
    return [_mute(row) for row in rows]


def in_force(tx: Transaction) -> list[MuteInForce]:
    """All mutes of this moment, as the sockets need them."""
    return [_in_force(row) for row in tx.all(_MUTES + " WHERE mutes.until > :now", now=tx.now)]


def _mutable(tx: Transaction, moderator: Identity, username: str) -> int:
    row = tx.one("SELECT id, role FROM users WHERE lower(username) = lower(:username)", username=username)
    if row is None:
        raise invalid_field("username", "is nobody's here")
    if _RANKS[row["role"]] >= _RANKS[moderator.role]:
        raise Forbidden("You can mute only members whose role is below yours.")
    return int(row["id"])


def _row(tx: Transaction, mute_id: int) -> Row:
    row = tx.one(_MUTES + " WHERE mutes.id = :id AND mutes.until > :now", id=mute_id, now=tx.now)
    if row is None:
        raise NotFound(f"There is no mute {mute_id}, or it has ended.")
    return row


def _mute(row: Row) -> Mute:
    return Mute(
        id=row["id"],
        username=row["username"],
        channel=row["slug"],
        until=row["until"],
        reason=row["reason"],
        by=row["by_username"],
        created_at=row["created_at"],
    )


def _in_force(row: Row) -> MuteInForce:
    return MuteInForce(row["user_id"], row["slug"] or "", row["until"], row["reason"])
