"""Every error has one meaning in REST and one on a websocket."""

import pytest

from hub import errors
from hub.channels import codes
from hub.errors import FieldError, HubError, invalid_field


def tree(root: type[HubError] = HubError) -> list[type[HubError]]:
    return [root, *(below for kind in root.__subclasses__() for below in tree(kind))]


def test_codes_and_titles_are_each_errors_own() -> None:
    kinds = tree()
    assert len({kind.code for kind in kinds}) == len(kinds)
    assert len({kind.title for kind in kinds}) == len(kinds)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (errors.BadRequest, 400),
        (errors.Unauthorized, 401),
        (errors.Forbidden, 403),
        (errors.NotFound, 404),
        (errors.Conflict, 409),
        (errors.Gone, 410),
        (errors.TooLarge, 413),
        (errors.InvalidInput, 422),
        (errors.TooManyRequests, 429),
        (errors.Unavailable, 503),
        (HubError, 500),
    ],
)
def test_an_error_has_its_status(kind: type[HubError], status: int) -> None:
    assert kind.status == status


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.Unauthorized("x"), 4401),
        (errors.Forbidden("x"), 4403),
        (errors.TooManyRequests("x"), 4429),
        (errors.Unavailable("x"), 1011),
    ],
)
def test_an_error_that_ends_a_socket_has_its_close_code(error: HubError, code: int) -> None:
    assert codes.code_of(error) == code


def test_an_error_about_a_field_names_it() -> None:
    error = invalid_field("title", "write something here")
    assert error.fields == (FieldError("title", "write something here"),)
    assert str(error) == error.detail == "title: write something here"


@pytest.mark.parametrize("kind", [errors.TooManyRequests, errors.Unavailable])
@pytest.mark.parametrize(
    ("wait", "told"), [(0.0, 1), (0.001, 1), (0.5, 1), (1.0, 1), (1.2, 2), (1.5, 2), (2.4, 3), (2.5, 3), (59.0001, 60)]
)
def test_a_wait_is_told_in_whole_seconds_rounded_up_and_never_none(
    kind: type[HubError], wait: float, told: int
) -> None:
    error = kind("Wait.", retry_after=wait)
    assert error.retry_after == told and isinstance(error.retry_after, int)


@pytest.mark.parametrize("kind", [kind for kind in tree() if kind.status in (429, 503)])
def test_who_is_to_come_back_is_always_told_when(kind: type[HubError]) -> None:
    assert (kind("Later.").retry_after or 0) >= 1
    assert errors.NotFound("Never.").retry_after is None


def test_the_words_have_the_same_number_as_the_header() -> None:
    assert [errors.in_seconds(wait) for wait in (0.2, 1.0, 1.4, 12.0)] == [
        "1 second",
        "1 second",
        "2 seconds",
        "12 seconds",
    ]
