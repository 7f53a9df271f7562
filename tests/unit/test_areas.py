"""What somebody who watches can learn of a spot from the areas that are shown: an observer with all that is published.

The observer knows the map's cells, the rules of hub/areas.py and all that was ever shown, but not the member's secret.
"""

import math
import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import mean, pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hub.areas import (
    BORDER_SHIFT,
    LEAST_DELAY_SECONDS,
    MOST_DELAY_SECONDS,
    MOST_OUTSIDE,
    REMEMBER,
    Area,
    Borders,
    any_delay,
)
from hub.geo import DEGREE_KILOMETRES, HEIGHT, Cell, cell_at, columns, kilometres, snap
from hub.model import rfc3339

BEGIN = datetime(2026, 6, 1, tzinfo=UTC)
ROW = 3400
BORDER = ROW * HEIGHT - 90
EAST = -151.0
NOISE_KM = 0.010
MEMBERS = 400


class Member:
    """One who shares an area; `published` is all that anybody else ever gets: when, and which cell."""

    def __init__(self, number: int) -> None:
        self.chance = random.Random(number)
        self.borders = Borders(f"secret {number}")
        self.area = Area()
        self.now = 0.0
        self.published: list[tuple[float, Cell]] = []

    def seen_at(self, north_km: float, noise_km: float = NOISE_KM) -> None:
        """The device tells a position so far north of the map's border."""
        latitude = BORDER + (north_km + self.chance.gauss(0, noise_km)) / DEGREE_KILOMETRES
        longitude = EAST + self.chance.gauss(0, noise_km) / DEGREE_KILOMETRES
        delay = self.chance.uniform(LEAST_DELAY_SECONDS, MOST_DELAY_SECONDS)
        moved = self.area.moved(self.borders, latitude, longitude, self.moment, lambda: delay)
        self.area = replace(moved, shown_until=self.at(self.now + 8 * 3600))
        self.look()

    def look(self) -> None:
        """Time has come to where it is; what is shown now is published when it is not what was."""
        shown = self.area.at(self.moment).shown
        assert shown is not None
        if not self.published or self.published[-1][1] != shown:
            self.published.append((self.now, shown))

    def share_again(self, after: float) -> None:
        """Stop sharing, and begin again so much later, seconds."""
        self.area = replace(self.area, shown_until=self.moment)
        self.now += after

    @property
    def moment(self) -> str:
        return self.at(self.now)

    @staticmethod
    def at(seconds: float) -> str:
        return rfc3339(BEGIN + timedelta(seconds=seconds))


@pytest.mark.parametrize("north_km", [-1.0, -0.3, -0.003, 0.0, 0.003, 0.3, 1.0])
def test_who_stands_still_near_a_border_shows_one_cell_and_it_never_flips(north_km: float) -> None:
    for number in range(60):
        member = Member(number)
        for step in range(200):
            member.now = 30.0 * step
            member.seen_at(north_km)
        assert len(member.published) == 1


def test_stopping_and_sharing_again_says_nothing_new() -> None:
    for number in range(60):
        member = Member(number)
        for step in range(200):
            member.seen_at(0.003)
            member.share_again(after=(1.0, 30.0, 400.0, 7 * 3600.0)[step % 4])
        assert len(member.published) == 1


def test_an_observer_of_a_still_member_knows_no_more_than_the_cell() -> None:
    """The best estimate from what was shown is the cell's middle, whose error is the cell's: over 1 km."""
    errors = []
    for number in range(MEMBERS):
        member = Member(number)
        truth = member.chance.uniform(-2.5, 2.5)
        for step in range(20):
            member.now = 30.0 * step
            member.seen_at(truth)
        [(_, cell)] = member.published
        errors.append(truth - (cell.row + 0.5 - ROW) * 5.0)
    best_guess = mean(abs(error) for error in errors)
    # Of all guesses "so far south or north of the middle" none is better than the middle's own 1.25 km.
    assert best_guess > 1.0
    assert pstdev(errors) > 1.2


def test_the_likelihood_is_flat_around_a_border() -> None:
    """Three metres to one side or the other are shown alike: the map's border is not where members' borders are."""
    north = [Member(number) for number in range(MEMBERS)]
    south = [Member(number) for number in range(MEMBERS)]
    for one, other in zip(north, south, strict=True):
        one.seen_at(0.003)
        other.seen_at(-0.003)
    differing = sum(a.published[0][1] != b.published[0][1] for a, b in zip(north, south, strict=True))
    assert differing < MEMBERS * 0.05
    assert 0.4 < mean(one.published[0][1].row == ROW for one in north) < 0.6


def test_sharing_on_a_thousand_forgotten_days_tells_no_more_than_the_members_own_border() -> None:
    """Everything but the secret is forgotten each day; the share of days on either side says how far the border is."""
    estimates = []
    for number in range(100):
        member = Member(number)
        days = []
        for _ in range(300):
            member.area = Area()
            member.seen_at(0.003)
            days.append(member.area.shown == Cell(ROW, member.published[-1][1].column))
        # What puts just so many days north of a border that the observer believes to be the map's.
        part = min(max(mean(days), 0.001), 0.999)
        estimates.append((part, member))
    torn = [part for part, _ in estimates if 0.001 < part < 0.999]
    assert len(torn) < 10
    assert BORDER_SHIFT * 5.0 > 0.5
    # All or none of the days: the member may be anywhere up to the limit on the other side of the map's border.
    assert {0.001, 0.999} <= {part for part, _ in estimates}


def walk_north(number: int, metres_a_second: float = 1.4) -> tuple[float, float, float]:
    """When the northern cell was shown, where the member was then, and when it became due by the rules."""
    member = Member(number)
    start = -3.5
    became_due = math.nan
    while len(member.published) < 2:
        member.seen_at(start + member.now * metres_a_second / 1000)
        if member.area.following is None and len(member.published) < 2:
            became_due = math.nan
        elif math.isnan(became_due):
            became_due = member.now
        member.now += 10.0
    shown_at = member.published[1][0]
    return shown_at, start + shown_at * metres_a_second / 1000, became_due


def test_a_walk_across_a_border_is_shown_late_by_a_random_time_and_says_no_coordinate() -> None:
    walks = [walk_north(number) for number in range(MEMBERS)]
    delays = [shown_at - due for shown_at, _, due in walks]
    assert all(LEAST_DELAY_SECONDS <= delay <= MOST_DELAY_SECONDS + 10.0 for delay in delays)
    # As likely early as late in its range: the standard deviation of an even one is its width by the root of twelve.
    assert pstdev(delays) > 0.9 * (MOST_DELAY_SECONDS - LEAST_DELAY_SECONDS) / math.sqrt(12)
    # The best that an observer can do at that moment is to guess the mean of all members.
    places = [place for _, place, _ in walks]
    assert pstdev(places) > 0.5
    assert all(place > -BORDER_SHIFT * 5 for place in places)


def test_a_step_over_a_border_and_back_is_never_shown() -> None:
    for number in range(60):
        member = Member(number)
        member.seen_at(-3.0)
        member.now = 1_000
        member.seen_at(2.4)
        member.now += LEAST_DELAY_SECONDS / 2
        member.seen_at(-3.0)
        member.now += 10 * MOST_DELAY_SECONDS
        member.seen_at(-3.0)
        assert len(member.published) == 1


def test_who_drives_far_is_shown_there_within_five_minutes() -> None:
    for number in range(60):
        member = Member(number)
        member.seen_at(-3.0)
        for step in range(1, 31):
            member.now = 10.0 * step
            member.seen_at(-3.0 + 2.0 * step)
        member.now += MOST_DELAY_SECONDS
        member.seen_at(57.0)
        member.now += MOST_DELAY_SECONDS
        member.look()
        shown = member.published[-1][1].middle
        assert kilometres(*shown, BORDER + 57 / DEGREE_KILOMETRES, EAST) < 7
        assert all(b[0] - a[0] >= LEAST_DELAY_SECONDS - 10 for a, b in pairwise(member.published))


def test_who_was_not_shown_for_a_while_is_shown_at_once_where_they_are() -> None:
    member = Member(1)
    member.seen_at(-3.0)
    member.share_again(after=MOST_DELAY_SECONDS)
    member.seen_at(40.0)
    assert len(member.published) == 2


latitudes = st.floats(-90, 90, allow_nan=False)
longitudes = st.floats(-180, 180, allow_nan=False)
secrets = st.text("0123456789abcdef", min_size=4, max_size=4)


@given(secrets, latitudes, longitudes)
def test_everywhere_on_earth_a_point_is_in_a_cell_near_it(secret: str, latitude: float, longitude: float) -> None:
    borders = Borders(secret)
    cell = borders.cell_at(latitude, longitude)
    assert 0 <= cell.column < columns(cell.row)
    assert kilometres(latitude, longitude, *cell.middle) < 5.0
    assert borders.holds(cell, latitude, longitude)
    assert cell_at(*cell.middle) == cell


@given(secrets, latitudes, longitudes, st.floats(0, 0.3), st.floats(0, 2 * math.pi))
def test_everywhere_on_earth_a_small_move_changes_nothing(
    secret: str, latitude: float, longitude: float, kilometres_away: float, direction: float
) -> None:
    borders = Borders(secret)
    cell = borders.cell_at(latitude, longitude)
    north = latitude + kilometres_away * math.cos(direction) / DEGREE_KILOMETRES
    wide = max(1e-9, math.cos(math.radians(latitude))) * DEGREE_KILOMETRES
    east = longitude + min(180.0, max(-180.0, kilometres_away * math.sin(direction) / wide))
    north = min(90.0, max(-90.0, north))
    east = (east + 180) % 360 - 180
    if kilometres(latitude, longitude, north, east) <= 0.3:
        assert borders.holds(cell, north, east)


@given(secrets, latitudes, longitudes, st.floats(6.5, 5_000), st.floats(0, 2 * math.pi))
def test_everywhere_on_earth_far_is_outside(
    secret: str, latitude: float, longitude: float, away: float, direction: float
) -> None:
    borders = Borders(secret)
    cell = borders.cell_at(latitude, longitude)
    north = math.radians(cell.middle[0])
    far = away / 6371.0
    there = math.asin(math.sin(north) * math.cos(far) + math.cos(north) * math.sin(far) * math.cos(direction))
    turn = math.atan2(
        math.sin(direction) * math.sin(far) * math.cos(north), math.cos(far) - math.sin(north) * math.sin(there)
    )
    east = (cell.middle[1] + math.degrees(turn) + 180) % 360 - 180
    if abs(cell.middle[0]) < 89.8:
        assert not borders.holds(cell, math.degrees(there), east)


def test_the_date_line_and_the_poles_are_no_borders_of_their_own() -> None:
    borders = Borders("any")
    for latitude in (-14.2, 0.0, 51.9, 78.0):
        cell = borders.cell_at(latitude, 179.9999)
        assert borders.holds(cell, latitude, -179.9999)
        assert borders.cell_at(latitude, 180.0) == borders.cell_at(latitude, -180.0)
    pole = borders.cell_at(90, 0)
    for longitude in range(-180, 181, 20):
        assert borders.holds(pole, 89.9999, longitude)


def test_borders_are_a_members_own_and_always_the_same() -> None:
    lines = {Borders(f"{number}")._line(ROW) for number in range(50)}
    assert len(lines) == 50
    assert all(abs(line) <= BORDER_SHIFT for line in lines)
    assert Borders("x")._line(ROW) == Borders("x")._line(ROW)
    assert len({Borders("x")._edge(ROW, column) for column in range(50)}) == 50


def test_the_middle_of_a_cell_is_always_that_cell() -> None:
    for number in range(50):
        assert Borders(f"{number}").cell_at(63.1237891, -151.6541239).middle == snap(63.1237891, -151.6541239)


def test_delays_are_random_and_within_their_range() -> None:
    delays = [any_delay() for _ in range(500)]
    assert all(LEAST_DELAY_SECONDS <= delay <= MOST_DELAY_SECONDS for delay in delays)
    assert pstdev(delays) > 50
    assert timedelta(hours=8) < REMEMBER
    assert MOST_OUTSIDE < 0.5
