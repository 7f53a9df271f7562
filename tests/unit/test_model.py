"""What comes in is read strictly: every wrong body names what is wrong with it."""

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import BadRequest, HubError, InvalidInput
from hub.model import (
    ChannelInput,
    PostInput,
    RatingInput,
    Registration,
    ReviewInput,
    rating_of,
    rfc3339,
    utc_now,
)
from hub.validation import CONTENT_DEPTH, CONTENT_LIMIT, decode_input

POST = {"title": "Snow", "comment": "Fresh snow at the pass."}
PERSON = {"username": "ada", "password": "correct horse battery"}


def read(model: type[Any], **fields: Any) -> Any:
    return decode_input(json.dumps(fields).encode(), model)


def wrong_fields(model: type[Any], **fields: Any) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        read(model, **fields)
    return [field.field for field in caught.value.fields]


def nested(levels: int) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for _ in range(levels - 1):
        content = {"a": content}
    return content


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"title": "x", "comment": "x"}{}',
        b"not json",
        b"{'title': 1}",
        b'{"title": NaN, "comment": "x"}',
        b'{"title": Infinity, "comment": "x"}',
        b'{"title": "\\ud800", "comment": "x"}',
        b'{"title": "\xff\xfe", "comment": "x"}',
        b'\xff\xfe{"title": "x", "comment": "x"}',
        b'{"title": "a\nb", "comment": "x"}',
        b'{"title": "x", "comment": "x", "content": {"a": ' + b"[" * 100_000,
        b'{"title": "x", "comment": "x", "content": {"a": ' + b"[" * 5_000 + b"]" * 5_000 + b"}}",
    ],
)
def test_a_body_that_is_not_json_is_a_bad_request(body: bytes) -> None:
    with pytest.raises(BadRequest):
        decode_input(body, PostInput)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": None}, "title"),
        ({"title": 7}, "title"),
        ({"title": ""}, "title"),
        ({"title": "x" * 256}, "title"),
        ({"title": " \n\t "}, "title"),
        ({"title": "\u200b\u2060\u00a0"}, "title"),
        ({"title": "a\0b"}, "title"),
        ({"title": "a\x1bb"}, "title"),
        ({"title": ["x"]}, "title"),
        ({"comment": ""}, "comment"),
        ({"comment": "x" * 4001}, "comment"),
        ({"comment": {}}, "comment"),
        ({"content": []}, "content"),
        ({"content": "x"}, "content"),
        ({"content": None}, "content"),
        ({"content": {"a": "x" * CONTENT_LIMIT}}, "content"),
        ({"content": nested(CONTENT_DEPTH + 1)}, "content"),
        ({"content": nested(700)}, "content"),
        ({"client_id": "7"}, "client_id"),
        ({"client_id": 7}, "client_id"),
        ({"clientId": "x"}, "clientId"),
        ({"author": "ben"}, "author"),
    ],
)
def test_what_is_wrong_with_a_post_is_named(change: dict[str, Any], field: str) -> None:
    assert wrong_fields(PostInput, **{**POST, **change}) == [field]


@pytest.mark.parametrize("missing", ["title", "comment"])
def test_what_is_missing_is_named(missing: str) -> None:
    assert wrong_fields(PostInput, **{name: text for name, text in POST.items() if name != missing}) == [missing]


@pytest.mark.parametrize("body", [b"[]", b"7", b"null", b'"x"', b"true"])
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidInput) as caught:
        decode_input(body, PostInput)
    assert [field.field for field in caught.value.fields] == ["body"]


def test_a_post_at_every_limit_is_taken() -> None:
    content = {"a": "x" * (CONTENT_LIMIT - len('{"a":""}'))}
    assert read(PostInput, title="é" * 255, comment="❄" * 4000, content=content).content == content
    assert read(PostInput, **POST, content=nested(CONTENT_DEPTH)).content == nested(CONTENT_DEPTH)
    assert read(PostInput, title="🏔", comment="Line one\r\n\tLine two").title == "🏔"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"username": "ad"}, "username"),
        ({"username": "a" * 33}, "username"),
        ({"username": "-ada"}, "username"),
        ({"username": "ada lovelace"}, "username"),
        ({"username": "ada\n"}, "username"),
        ({"username": "adä"}, "username"),
        ({"password": "too short"}, "password"),
        ({"password": "x" * 257}, "password"),
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"session": "url"}, "session"),
        ({"role": "admin"}, "role"),
    ],
)
def test_what_is_wrong_with_a_registration_is_named(change: dict[str, Any], field: str) -> None:
    assert wrong_fields(Registration, **{**PERSON, **change}) == [field]


@pytest.mark.parametrize("slug", ["", "Denali", "a b", "a--b", "-a", "a-", "a/b", "a\n", "é", "a" * 81])
def test_a_slug_is_lower_case_words_with_hyphens(slug: str) -> None:
    assert wrong_fields(ChannelInput, slug=slug, name="A", group="B") == ["slug"]


@pytest.mark.parametrize("stars", [0, 6, -1, 4.5, "5", True, None, 10**30])
def test_stars_are_whole_numbers_from_1_to_5(stars: Any) -> None:
    assert wrong_fields(RatingInput, stars=stars) == ["stars"]


@pytest.mark.parametrize("day", ["2024-02-30", "yesterday", "9999-12-31", 7])
def test_a_visit_is_a_day_that_has_been(day: Any) -> None:
    assert wrong_fields(ReviewInput, **POST, visited_on=day) == ["visited_on"]


@given(st.recursive(st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=20), st.lists))
def test_any_json_is_read_or_refused(data: Any) -> None:
    body = json.dumps({**POST, "content": data}).encode()
    try:
        decode_input(body, PostInput)
    except HubError as error:
        assert error.status in (400, 422)  # noqa: PT017


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with pytest.raises((BadRequest, InvalidInput)):
        decode_input(body, PostInput)


@given(st.lists(st.integers(0, 1000), min_size=5, max_size=5))
def test_a_rating_is_the_mean_of_its_stars(counts: list[int]) -> None:
    rating = rating_of(counts)
    every = [stars for stars, count in enumerate(counts, start=1) for _ in range(count)]
    assert rating.count == len(every)
    assert list(rating.histogram.values()) == counts
    assert rating.average == (pytest.approx(sum(every) / len(every), abs=1e-4) if every else None)


def test_times_sort_as_texts() -> None:
    first, second = utc_now(), utc_now()
    assert first <= second
    assert len(first) == len("2026-01-01T00:00:00.000000Z")
    assert rfc3339(datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))) == "2026-01-01T00:00:00.000000Z"
