"""Which cell of about five kilometres is shown of a member, so that nothing can be learned of the spot within it.

A cell that followed every position would tell the spot: near a border it flips as often as the device errs, and each
crossing says where one is at that moment. So what is shown stays until the member is well outside, changes late by a
random time, and each member's borders lie elsewhere, by a secret: how often or when a cell changes tells where that
border is, which nobody can compare with the map. The cells' middles are the same for all members and channels, because
two grids of one member would cut each other into smaller pieces.
"""

import hashlib
import hmac
import math
import random
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from hub.geo import CELL_KILOMETRES, DEGREE_KILOMETRES, HEIGHT, ROWS, Cell, columns
from hub.model import rfc3339

# Of a cell's side: how far a member's own border may lie from the map's, and how far outside is well outside.
BORDER_SHIFT = 0.12
LEAST_OUTSIDE = 0.1
MOST_OUTSIDE = 0.35
# A changed cell is shown between one and five minutes late.
LEAST_DELAY_SECONDS = 60.0
MOST_DELAY_SECONDS = 300.0
# A cell is remembered for a day after it was last shown, so that sharing again says nothing new.
REMEMBER = timedelta(days=1)

_chance = random.SystemRandom()


def new_secret() -> str:
    """What a member's own borders are made of."""
    return secrets.token_hex(16)


def any_delay() -> float:
    """How late a changed cell is shown, seconds: every time within the range is as likely."""
    return _chance.uniform(LEAST_DELAY_SECONDS, MOST_DELAY_SECONDS)


class Borders:
    """One member's borders: each line of the grid, moved by a share of a cell that only the hub can know."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def cell_at(self, latitude: float, longitude: float) -> Cell:
        """The cell that a point is in, by the member's own borders."""
        across_rows = (latitude + 90) / HEIGHT
        row = min(int(across_rows), ROWS - 1)
        row = min(_beside(row, across_rows - row, self._line(row), self._line(row + 1)), ROWS - 1)
        across = (longitude + 180) / 360 * columns(row)
        column = int(across)
        column = _beside(column, across - column, self._edge(row, column), self._edge(row, column + 1))
        return Cell(row, column % columns(row))

    def holds(self, cell: Cell, latitude: float, longitude: float) -> bool:
        """Whether a point is in a cell, or not well outside."""
        up = (latitude + 90) / HEIGHT - cell.row
        if self._is_outside(cell, "north", up - 1 - self._line(cell.row + 1)):
            return False
        if self._is_outside(cell, "south", self._line(cell.row) - up):
            return False
        there = columns(cell.row)
        # From the cell's west edge, the short way round the earth.
        across = ((longitude + 180) / 360 * there - cell.column - 0.5 + there / 2) % there - there / 2 + 0.5
        width = 360 / there * DEGREE_KILOMETRES * math.cos(math.radians(latitude)) / CELL_KILOMETRES
        if self._is_outside(cell, "east", (across - 1 - self._edge(cell.row, cell.column + 1)) * width):
            return False
        return not self._is_outside(cell, "west", (self._edge(cell.row, cell.column) - across) * width)

    def _is_outside(self, cell: Cell, side: str, by: float) -> bool:
        if by <= LEAST_OUTSIDE:
            return False
        far = (self._share(f"{side} of {cell.row} {cell.column}") + 1) / 2
        return by > LEAST_OUTSIDE + far * (MOST_OUTSIDE - LEAST_OUTSIDE)

    def _line(self, row: int) -> float:
        return 0.0 if row in (0, ROWS) else BORDER_SHIFT * self._share(f"row {row}")

    def _edge(self, row: int, column: int) -> float:
        return BORDER_SHIFT * self._share(f"column {column % columns(row)} in {row}")

    def _share(self, name: str) -> float:
        """A number from -1 to 1 that goes with `name`: always the same, and as good as random to others."""
        digest = hmac.digest(self._secret, name.encode(), hashlib.sha256)
        return int.from_bytes(digest[:7]) / (1 << 55) - 1


class Area(Struct, frozen=True):
    """What is shown of a member, in all channels alike, and what will be from `due_at` on.

    Times are RFC 3339. `shown_until` is when the last share of an area ends or ended.
    """

    shown: Cell | None = None
    changed_at: str = ""
    following: Cell | None = None
    due_at: str | None = None
    shown_until: str = ""

    def at(self, now: str) -> "Area":
        """As of `now`: what was due is shown."""
        if self.due_at is None or self.due_at > now:
            return self
        return replace(self, shown=self.following, changed_at=self.due_at, following=None, due_at=None)

    def moved(
        self, borders: Borders, latitude: float, longitude: float, now: str, delay: Callable[[], float] = any_delay
    ) -> "Area":
        """After the member was seen somewhere; `delay` says how late another cell is shown, seconds."""
        area = self.at(now)
        if area.shown is not None and borders.holds(area.shown, latitude, longitude):
            return replace(area, following=None, due_at=None)
        if area.shown is None or area.was_hidden_long(now):
            return replace(
                area, shown=borders.cell_at(latitude, longitude), changed_at=now, following=None, due_at=None
            )
        if area.following is None:
            following = borders.cell_at(latitude, longitude)
            return replace(area, following=following, due_at=_after(now, delay()))
        if borders.holds(area.following, latitude, longitude):
            return area
        return replace(area, following=borders.cell_at(latitude, longitude))

    def was_hidden_long(self, now: str) -> bool:
        """Whether nobody was shown an area for so long that a new one says nothing of when it was entered."""
        return self.shown_until == "" or _after(self.shown_until, MOST_DELAY_SECONDS) <= now


def _beside(index: int, part: float, lower: float, upper: float) -> int:
    if part < lower:
        return index - 1
    return index + 1 if part >= 1 + upper else index


def _after(moment: str, seconds: float) -> str:
    return rfc3339(datetime.fromisoformat(moment) + timedelta(seconds=seconds))
