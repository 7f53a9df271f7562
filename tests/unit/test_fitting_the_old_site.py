"""What the Flask site allowed and the hub does not: made to fit, and said."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.importer import fitting
from hub.model import PostEdit, Registration
from hub.names import line_of
from hub.validation import decode_input

NOW = "2026-11-24T00:00:00.000000Z"
USERNAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{2,31}")


@pytest.mark.parametrize(
    ("uid", "username"),
    [
        ("toby", "toby"),
        ("Hop.per-1", "Hop.per-1"),
        ("jm", "jm-member"),
        ("zoë snow", "zoe-snow"),
        ("_admin_", "admin"),
        ("ada@example.org", "ada"),
        ("x" * 50, "x" * 32),
        ("雪", ""),
        ("", ""),
        ("---", ""),
    ],
)
def test_a_username_becomes_the_closest_that_is_allowed(uid: str, username: str) -> None:
    assert fitting.username_for(uid) == username


@given(st.text(max_size=60), st.integers(2, 10**6))
def test_every_username_that_is_made_is_allowed(uid: str, number: int) -> None:
    username = fitting.username_for(uid)
    assert username == "" or USERNAME.fullmatch(username)
    assert username == "" or USERNAME.fullmatch(fitting.numbered(username, number))
    if username:
        decode_input(json.dumps({"username": username, "password": "§" * 12}).encode(), Registration)


@given(st.text(max_size=400), st.text(max_size=5000), st.none() | st.text(max_size=200) | st.binary() | st.floats())
def test_what_is_made_of_a_post_is_a_post_that_the_hub_takes(title: str, comment: str, content: Any) -> None:
    made = fitting.written(title, comment, content)
    if made is not None:
        fields = {"title": made.title, "comment": made.comment, "content": json.loads(made.content)}
        decode_input(json.dumps(fields).encode(), PostEdit)
    else:
        assert not line_of(fitting.clean(title)) and not fitting.clean(comment)


@pytest.mark.parametrize(
    ("content", "kept", "note"),
    [
        (None, {}, ""),
        ("null", {}, ""),
        ('{"trail": "Rim"}', {"trail": "Rim"}, ""),
        (b'{"trail": "Rim"}', {"trail": "Rim"}, ""),
        (b'\xef\xbb\xbf{"trail": "Rim"}', {"trail": "Rim"}, ""),
        ("[1, 2]", {"value": [1, 2]}, "not an object"),
        ("{'trail': 1}", {"text": "{'trail': 1}"}, "not JSON"),
        ("[" * 100_000, {}, "left out"),
        (json.dumps({"a": "x" * 9000}), {}, "left out"),
        ('{"a": NaN}', {"text": '{"a": NaN}'}, "not JSON"),
    ],
)
def test_content_becomes_an_object_and_what_was_changed_is_said(content: Any, kept: Any, note: str) -> None:
    made = fitting.written("Title", "Text", content)
    assert made is not None and json.loads(made.content) == kept
    assert note in "".join(made.notes) and bool(made.notes) == bool(note)


def test_text_that_is_cut_is_said() -> None:
    made = fitting.written("t" * 300, "c" * 5000, None)
    assert made is not None and (len(made.title), len(made.comment)) == (255, 4000)
    assert made.notes == ("title cut to 255 characters", "text cut to 4,000 characters")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2024-12-01 10:20:30.123456", "2024-12-01T10:20:30.123456Z"),
        ("2024-12-01T10:20:30+02:00", "2024-12-01T08:20:30.000000Z"),
        ("2024-12-01", "2024-12-01T00:00:00.000000Z"),
        (1733048430, "2024-12-01T10:20:30.000000Z"),
        (1733048430500.0, "2024-12-01T10:20:30.500000Z"),
        ("yesterday", None),
        ("", None),
        (None, None),
        ("1970-01-01", None),
        ("2999-01-01", None),
        (1e300, None),
        (float("nan"), None),
        ("0001-01-01T00:00:00+23:00", None),
    ],
)
def test_a_time_is_read_in_every_form_or_not_at_all(value: Any, expected: str | None) -> None:
    assert fitting.moment(value, NOW) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(5, 5), ("4", 4), (3.0, 3), (4.5, None), (0, None), (6, None), (None, None), ("many", None), (float("inf"), None)],
)
def test_only_whole_stars_from_one_to_five_count(value: Any, expected: int | None) -> None:
    assert fitting.stars(value) == expected


@pytest.mark.parametrize(
    ("old", "here"),
    [
        ("Buck Reef", "Buck Island Reef National Monument"),
        ("Grand Canyon", "Grand Canyon National Park"),
        ("DENALI", "denali"),
        ("help desk", "help-desk"),
        ("Denali National Park & Preserve", "Denali"),
    ],
)
def test_the_names_of_a_channel_then_and_now_belong_together(old: str, here: str) -> None:
    assert fitting.channel_key(old) == fitting.channel_key(here)
