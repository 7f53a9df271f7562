"""Areas: which cell is shown of a member, one for all channels, kept so that no restart or other worker starts anew."""

from datetime import datetime

from hub.areas import REMEMBER, Area, Borders, new_secret
from hub.geo import Cell
from hub.locations import LocationInput
from hub.model import rfc3339
from hub.store.database import SLICE, Row, Transaction, required


def follow(tx: Transaction, user_id: int, new: LocationInput) -> Cell:
    """Take a member's position and return the cell to show now; the position itself is kept nowhere."""
    row = tx.one("SELECT * FROM areas WHERE user_id = :user", user=user_id)
    if row is None:
        row = required(
            tx.one(
                "INSERT INTO areas (user_id, secret) VALUES (:user, :secret) RETURNING *",
                user=user_id,
                secret=new_secret(),
            )
        )
    before = area_of(row)
    area = before.moved(Borders(row["secret"]), new.latitude, new.longitude, tx.now)
    if area != before:
        _keep(tx, user_id, area)
    if area.shown is None:
        raise LookupError("a member who was seen is in no cell")
    return area.shown


def shown_until(tx: Transaction, user_id: int, moment: str) -> None:
    """Note when the last area that a member shares ends or ended."""
    tx.run("UPDATE areas SET shown_until = :moment WHERE user_id = :user", moment=moment, user=user_id)


def forget_old(tx: Transaction) -> bool:
    """Forget some cells of those who have not shared an area for a day; whether there may be more."""
    forgotten = tx.run(
        """UPDATE areas SET shown_row = NULL, shown_column = NULL, changed_at = '', next_row = NULL,
        next_column = NULL, due_at = NULL WHERE user_id IN (SELECT user_id FROM areas
        WHERE shown_until < :before AND shown_row IS NOT NULL LIMIT :limit)""",
        before=rfc3339(datetime.fromisoformat(tx.now) - REMEMBER),
        limit=SLICE,
    )
    return forgotten == SLICE


def forget_all(tx: Transaction) -> None:
    """Forget everybody's cells, wherever they are shared; the borders stay as they are."""
    tx.run(
        """UPDATE areas SET shown_row = NULL, shown_column = NULL, changed_at = '', next_row = NULL,
        next_column = NULL, due_at = NULL, shown_until = ''"""
    )


def area_of(row: Row) -> Area:
    """The area that a row has, which may be a joined one of a member who never shared one."""
    return Area(
        shown=None if row["shown_row"] is None else Cell(row["shown_row"], row["shown_column"]),
        changed_at=row["changed_at"] or "",
        following=None if row["next_row"] is None else Cell(row["next_row"], row["next_column"]),
        due_at=row["due_at"],
        shown_until=row["shown_until"] or "",
    )


def _keep(tx: Transaction, user_id: int, area: Area) -> None:
    row, column = area.shown or (None, None)
    next_row, next_column = area.following or (None, None)
    tx.run(
        """UPDATE areas SET shown_row = :row, shown_column = :column, changed_at = :changed_at,
        next_row = :next_row, next_column = :next_column, due_at = :due_at WHERE user_id = :user""",
        user=user_id,
        row=row,
        column=column,
        changed_at=area.changed_at,
        next_row=next_row,
        next_column=next_column,
        due_at=area.due_at,
    )
