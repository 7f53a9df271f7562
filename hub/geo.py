"""Where on the earth: cells of about five kilometres in place of exact points."""

import math
from typing import NamedTuple

CELL_KILOMETRES = 5.0
DEGREE_KILOMETRES = 111.195
ROWS = round(180 * DEGREE_KILOMETRES / CELL_KILOMETRES)
HEIGHT = 180 / ROWS


class Cell(NamedTuple):
    """One of the cells that the earth is cut into: its row from the south pole, its column from 180° west.

    Rows are equally high, and each row's cells about as wide as they are high.
    """

    row: int
    column: int

    @property
    def middle(self) -> tuple[float, float]:
        """Its latitude and longitude, degrees."""
        latitude = (self.row + 0.5) * HEIGHT - 90
        return round(latitude, 5), round((self.column + 0.5) * 360 / columns(self.row) - 180, 5)


def columns(row: int) -> int:
    """How many cells a row has."""
    return max(1, round(2 * ROWS * math.cos(math.radians((row + 0.5) * HEIGHT - 90))))


def cell_at(latitude: float, longitude: float) -> Cell:
    """The cell that a point is in."""
    row = min(int((latitude + 90) / HEIGHT), ROWS - 1)
    return Cell(row, int((longitude + 180) / 360 * columns(row)) % columns(row))


def snap(latitude: float, longitude: float) -> tuple[float, float]:
    """The middle of the cell that a point is in, degrees; it is at most 3.6 km away."""
    return cell_at(latitude, longitude).middle


def kilometres(from_latitude: float, from_longitude: float, latitude: float, longitude: float) -> float:
    """The distance of two points in degrees (haversine, on a sphere)."""
    here, there = math.radians(from_latitude), math.radians(latitude)
    across = math.sin(math.radians(longitude - from_longitude) / 2)
    up = math.sin((there - here) / 2)
    return 2 * 6371.0 * math.asin(min(1.0, math.sqrt(up**2 + math.cos(here) * math.cos(there) * across**2)))
