"""What authors are called: one small event in each channel where a member has written, and nothing is logged again."""

from hub.events import Member, MemberUpdated
from hub.model import FORMER_MEMBER, Author, Role
from hub.store import log
from hub.store.database import Row, Transaction
from hub.store.log import ChannelRef


def author_of(row: Row) -> Author:
    """The author of a row with `username`, `author_name` and `author_role`, all null when the account is gone."""
    if row["username"] is None:
        return Author(None, FORMER_MEMBER)
    return Author(row["username"], row["author_name"], _shown(row["author_role"]))


def announce_name(tx: Transaction, user_id: int, username: str, name: str, role: Role) -> None:
    """Tell wherever a member has written that they are called `name` now, and have that role."""
    for channel in _written_in(tx, user_id):
        announce(tx, channel, entity_of(user_id), Member(username, name, _shown(role)))


def _shown(role: Role) -> Role | None:
    return None if role == "visitor" else role


def announce(tx: Transaction, channel: ChannelRef, entity: str, member: Member) -> None:
    """Log what a member is called now."""
    log.append(
        tx,
        channel,
        entity,
        lambda seq: MemberUpdated(channel=channel.slug, seq=seq, at=tx.now, data=member),
    )


def entity_of(user_id: int) -> str:
    """The entity of a member's name: not the username, which must leave the log with the account."""
    return f"member:{user_id}"


def _written_in(tx: Transaction, user_id: int) -> list[ChannelRef]:
    """In the order in which the channels have to be locked. A look into an index for each, however much was written."""
    rows = tx.all(
        """SELECT id, slug FROM channels WHERE deleted_at IS NULL
        AND (EXISTS (SELECT 1 FROM posts WHERE user_id = :user AND channel_id = channels.id)
        OR EXISTS (SELECT 1 FROM reviews WHERE user_id = :user AND channel_id = channels.id)) ORDER BY id""",
        user=user_id,
    )
    return [ChannelRef(row["id"], row["slug"]) for row in rows]
