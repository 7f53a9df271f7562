"""An area in place of a point: nothing more can be learned from it than the cell."""

from hypothesis import given
from hypothesis import strategies as st

from hub.geo import kilometres, snap

latitudes = st.floats(-90, 90, allow_nan=False)
longitudes = st.floats(-180, 180, allow_nan=False)


@given(latitudes, longitudes)
def test_an_area_is_near_and_on_the_earth(latitude: float, longitude: float) -> None:
    middle = snap(latitude, longitude)
    assert -90 <= middle[0] <= 90
    assert -180 <= middle[1] <= 180
    assert kilometres(latitude, longitude, *middle) < 3.7


@given(latitudes, longitudes)
def test_the_middle_of_an_area_is_in_that_area(latitude: float, longitude: float) -> None:
    middle = snap(latitude, longitude)
    assert snap(*middle) == middle


@given(latitudes, longitudes, st.floats(-0.4, 0.4), st.floats(-0.4, 0.4))
def test_all_points_of_a_cell_give_the_same_so_that_none_can_be_told_from_another(
    latitude: float, longitude: float, north: float, east: float
) -> None:
    middle = snap(latitude, longitude)
    width = 5.0 / 111.195
    up = middle[0] + north * width
    neighbours_end = 0.9 if abs(middle[0]) > 85 else 1.0
    stretched = max(1e-9, kilometres(middle[0], middle[1], middle[0], min(180.0, middle[1] + 0.001))) / 0.001
    across = middle[1] + east * neighbours_end * 5.0 / stretched
    if abs(middle[0]) < 85 and abs(across) <= 180 and abs(up) <= 90:
        assert snap(up, across) == middle


def test_the_poles_and_the_date_line_are_in_cells_too() -> None:
    assert kilometres(90, 0, *snap(90, 0)) < 3.7
    assert kilometres(-90, 179, *snap(-90, 179)) < 3.7
    assert snap(10, 180) == snap(10, -180)


def test_a_kilometre_is_one() -> None:
    assert 110 < kilometres(0, 0, 1, 0) < 112
    assert kilometres(63.07, -151.01, 63.07, -151.01) == 0
