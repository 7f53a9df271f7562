"""Star ratings: one per member and channel, with the counts by star and by month kept in the same transaction."""

from collections.abc import Sequence

from hub.errors import NotFound
from hub.model import AnalyticsEntry, MyRating, later_than
from hub.store import channels
from hub.store.database import Row, Transaction, required
from hub.store.log import ChannelRef

_ENTRIES = """SELECT ratings.*, channels.slug, users.username FROM ratings
    JOIN channels ON channels.id = ratings.channel_id AND channels.deleted_at IS NULL
    JOIN users ON users.id = ratings.user_id"""


def put(tx: Transaction, user_id: int, channel: ChannelRef, stars: int) -> bool:
    """Set a member's rating; returns whether that changed anything."""
    if stars_of(tx, user_id, channel) == stars:
        return False
    channels.lock(tx, channel)
    before = _row(tx, user_id, channel)
    stamp = tx.now if before is None else later_than(before["updated_at"], tx.now)
    tx.run(
        """INSERT INTO ratings (channel_id, user_id, stars, created_at, updated_at)
        VALUES (:channel, :user, :stars, :now, :now)
        ON CONFLICT (channel_id, user_id) DO UPDATE SET stars = excluded.stars, updated_at = excluded.updated_at""",
        channel=channel.id,
        user=user_id,
        stars=stars,
        now=stamp,
    )
    _uncount_month(tx, before)
    _count_month(tx, channel, stamp, 1, stars)
    channels.count_stars(tx, channel, None if before is None else before["stars"], stars)
    return True


def remove(tx: Transaction, user_id: int, channel: ChannelRef) -> bool:
    """Remove a member's rating; returns whether there was one."""
    if _row(tx, user_id, channel) is None:
        return False
    channels.lock(tx, channel)
    before = required(_row(tx, user_id, channel))
    tx.run("DELETE FROM ratings WHERE id = :id", id=before["id"])
    _uncount_month(tx, before)
    channels.count_stars(tx, channel, before["stars"], None)
    return True


def of(tx: Transaction, channel: ChannelRef, user_id: int | None) -> MyRating:
    """The channel's stars, with the member's own."""
    everyone = channels.rating(tx, channel)
    mine = None if user_id is None else stars_of(tx, user_id, channel)
    return MyRating(everyone.average, everyone.count, everyone.histogram, mine)


def stars_of(tx: Transaction, user_id: int, channel: ChannelRef) -> int | None:
    """How many stars the member gives the channel, if any."""
    row = _row(tx, user_id, channel)
    return None if row is None else int(row["stars"])


def version(tx: Transaction, user_id: int, channel: ChannelRef) -> str:
    """When the member's own stars of the channel were given; "none" where there are none."""
    row = _row(tx, user_id, channel)
    return "none" if row is None else str(row["updated_at"])


def channels_of(tx: Transaction, user_id: int) -> Sequence[ChannelRef]:
    """The channels that a member has rated, in the order in which they have to be locked."""
    rows = tx.all(
        """SELECT channels.id, channels.slug FROM ratings JOIN channels ON channels.id = ratings.channel_id
        WHERE user_id = :user ORDER BY channels.id""",
        user=user_id,
    )
    return [ChannelRef(row["id"], row["slug"]) for row in rows]


def entry(tx: Transaction, entry_id: int) -> tuple[AnalyticsEntry, int]:
    """One rating by its id, and whose it is. Raises NotFound."""
    row = tx.one(_ENTRIES + " WHERE ratings.id = :id", id=entry_id)
    if row is None:
        raise NotFound(f"There is no entry {entry_id}.")
    return _entry(row), row["user_id"]


def entry_of(tx: Transaction, user_id: int, channel: ChannelRef) -> AnalyticsEntry:
    """The rating that a member has given to a channel, which there is."""
    return _entry(
        required(
            tx.one(
                _ENTRIES + " WHERE ratings.channel_id = :channel AND ratings.user_id = :user",
                channel=channel.id,
                user=user_id,
            )
        )
    )


def entries(
    tx: Transaction, channel: ChannelRef | None, username: str | None, before: int, limit: int
) -> list[AnalyticsEntry]:
    """The newest `limit` ratings with an id below `before`: of one channel or of all, of one member or of all."""
    wanted: dict[str, int | str] = {}
    if channel is not None:
        wanted["ratings.channel_id"] = channel.id
    if username is not None:
        wanted["users.username"] = username
    only = "".join(f" AND {column} = :only{n}" for n, column in enumerate(wanted))
    rows = tx.all(
        _ENTRIES + f" WHERE ratings.id < :before{only} ORDER BY ratings.id DESC LIMIT :limit",
        before=before,
        limit=limit,
        **{f"only{n}": value for n, value in enumerate(wanted.values())},
    )
    return [_entry(row) for row in rows]


def _row(tx: Transaction, user_id: int, channel: ChannelRef) -> Row | None:
    return tx.one(
        "SELECT * FROM ratings WHERE channel_id = :channel AND user_id = :user",
        channel=channel.id,
        user=user_id,
    )


def _uncount_month(tx: Transaction, before: Row | None) -> None:
    if before is not None:
        channel = ChannelRef(before["channel_id"], "")
        _count_month(tx, channel, before["updated_at"], -1, -before["stars"])


def _count_month(tx: Transaction, channel: ChannelRef, moment: str, ratings: int, stars: int) -> None:
    tx.run(
        """INSERT INTO rating_months (channel_id, month, ratings, stars) VALUES (:channel, :month, :ratings, :stars)
        ON CONFLICT (channel_id, month) DO UPDATE SET
        ratings = rating_months.ratings + excluded.ratings, stars = rating_months.stars + excluded.stars""",
        channel=channel.id,
        month=moment[:7],
        ratings=ratings,
        stars=stars,
    )


def _entry(row: Row) -> AnalyticsEntry:
    return AnalyticsEntry(row["id"], row["slug"], row["username"], row["stars"], row["created_at"], row["updated_at"])
