"""Where on the earth: an area of about five kilometres in place of an exact point."""

import math

CELL_KILOMETRES = 5.0
_KILOMETRES_PER_DEGREE = 111.195
_ROWS = round(180 * _KILOMETRES_PER_DEGREE / CELL_KILOMETRES)
_HEIGHT = 180 / _ROWS


def snap(latitude: float, longitude: float) -> tuple[float, float]:
    """The middle of the cell that a point is in, degrees.

    The earth is cut into rows of equal height, and each row into cells about as wide as they are high. All points of a
    cell give the very same answer: nothing can be learned from it but the cell. It is at most 3.6 km away.
    """
    row = min(int((latitude + 90) / _HEIGHT), _ROWS - 1)
    middle = (row + 0.5) * _HEIGHT - 90
    columns = max(1, round(2 * _ROWS * math.cos(math.radians(middle))))
    column = int((longitude + 180) / 360 * columns) % columns
    return round(middle, 5), round((column + 0.5) * 360 / columns - 180, 5)


def kilometres(from_latitude: float, from_longitude: float, latitude: float, longitude: float) -> float:
    """The distance of two points in degrees (haversine, on a sphere)."""
    here, there = math.radians(from_latitude), math.radians(latitude)
    across = math.sin(math.radians(longitude - from_longitude) / 2)
    up = math.sin((there - here) / 2)
    return 2 * 6371.0 * math.asin(min(1.0, math.sqrt(up**2 + math.cos(here) * math.cos(there) * across**2)))
