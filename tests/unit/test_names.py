"""Names and titles: nothing in them is invisible or moves its surroundings, and none passes for somebody else's."""

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import InvalidInput
from hub.importer.fitting import display_name_for, written
from hub.model import ChannelInput, PostInput, Registration, ReviewInput
from hub.names import check_line, check_not_reserved, check_username, has_towers, is_visible, line_of, name_of, skeleton
from hub.validation import decode_input

UNSEEN = [
    "\u202e",
    "\u202a",
    "\u2066",
    "\u2069",
    "\u200e",
    "\u200f",
    "\u061c",
    "\u200b",
    "\u200d",
    "\u2060",
    "\ufeff",
    "\u00ad",
    "\u034f",
    "\u115f",
    "\u1160",
    "\u17b4",
    "\u180e",
    "\u2800",
    "\u3164",
    "\uffa0",
    "\ufffc",
    "\ue000",
    "\ufdd0",
    "\U000e0041",
    "\U000e0100",
    "\U000f0000",
    "\x7f",
]
FINE = [
    "Tomás Rivera",
    "Nguyễn Văn Ánh",
    "ʻIolani",
    "李小龍",
    "דָּוִד",
    "محمد",
    "می\u200cخواهم",
    "क्\u200dष",
    "བསྒྲུབས",
    "ကျွန်ုပ်",
    "สมชาย",
    "👩\u200d🚀 Ana",
    "❤\ufe0f",
    "🧗🏽\u200d♀\ufe0f",
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "1\ufe0f\u20e3",
    "O'Neil-Smith, Jr.",
]


@pytest.mark.parametrize("unseen", UNSEEN)
def test_what_does_not_show_or_turns_text_is_in_no_name_and_no_title(unseen: str) -> None:
    for text in (unseen, f"Sky{unseen} Morning", f"{unseen}Sky", f"Sky{unseen}"):
        person = {"username": "eve", "password": "correct horse battery", "name": text}
        if text.strip() == text:
            refused(Registration, "name", **person)
        refused(PostInput, "title", title=text, comment="x")
        refused(ReviewInput, "title", title=text, comment="x")
        refused(ChannelInput, "name", slug="x", name=text, group="x")
        refused(ChannelInput, "group", slug="x", name="x", group=text)


def refused(model: type[Any], field: str, **fields: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        decode_input(json.dumps(fields).encode(), model)
    assert [one.field for one in caught.value.fields] == [field]


@pytest.mark.parametrize("name", FINE)
def test_names_in_all_scripts_and_with_pictures_are_taken(name: str) -> None:
    assert name_of("name", name) == unicodedata.normalize("NFC", name)
    check_line("title", name)
    check_not_reserved(name)
    assert line_of(name) == name


def test_text_that_is_not_a_name_may_turn_its_own_direction_and_must_show() -> None:
    decode_input(json.dumps({"title": "x", "comment": "a \u202e b \u2066"}).encode(), PostInput)
    refused(PostInput, "comment", title="x", comment="\u3164\u2800 \u200b")


def test_a_name_is_composed_and_has_single_spaces() -> None:
    assert name_of("name", "  Jose\u0301\u00a0 \u3000Luis ") == "José Luis"


@pytest.mark.parametrize("name", ["Z" + "\u0300\u0301" * 3, "a" + "\u20dd" * 5, "\u0301a", "x" * 20 + "\u0336" * 9])
def test_marks_do_not_tower_over_other_lines(name: str) -> None:
    for field in ("name", "title"):
        with pytest.raises(InvalidInput):
            check_line(field, name)


@pytest.mark.parametrize("name", ["Bob @admin", "@sky", "sky\uff20x", "sky \ufe6b"])
def test_a_username_is_not_imitated_within_a_name(name: str) -> None:
    with pytest.raises(InvalidInput):
        name_of("name", name)


@pytest.mark.parametrize(
    "username",
    [
        "admin",
        "Admin",
        "ADMIN",
        "adm1n",
        "ad.min",
        "admin_",
        "Adrnin",
        "administrator",
        "m0derator",
        "moderator-",
        "ranger",
        "system",
        "support",
        "frostbyte",
        "frostbyte-hub",
        "former.member",
        "guest",
        "everyone",
        "r00t",
    ],
)
def test_usernames_of_the_hub_itself_are_kept(username: str) -> None:
    with pytest.raises(InvalidInput):
        check_username(username)


@pytest.mark.parametrize(
    "name",
    [
        "Admin",
        "аdmin",
        "Ａｄｍｉｎ",
        "Àdmïn",
        "ⓐdmin",
        "𝓐dmin",
        "A D M I N",
        "The Admin",
        "Admin Team",
        "Sky Moderator",
        "former member",
        "Former  Member",
        "Fοrmer Member",
        "Park Ranger",
        "The Ranger",
        "Frostbyte Support",
        "Guest",
    ],
)
def test_names_of_the_hub_itself_are_kept(name: str) -> None:
    with pytest.raises(InvalidInput):
        check_not_reserved(name)


@pytest.mark.parametrize("name", ["ada", "mara", "ranger_sky", "staff-moderator", "badminton", "Rangeley", "Guestav"])
def test_other_usernames_are_free(name: str) -> None:
    check_username(name)


@pytest.mark.parametrize("name", ["Ranger Rick", "Badminton Club", "Allison Guest-Smith", "Alla", "Hubert"])
def test_other_names_are_free(name: str) -> None:
    check_not_reserved(name)


@pytest.mark.parametrize(
    "alike", ["sky morning", "SKY MORNING", "Sky  Morning", "Sky.Morning", "Ѕky Моrning", "Sky Mоrnlng", "Skу Morníng"]
)
def test_names_that_look_alike_have_one_skeleton(alike: str) -> None:
    assert skeleton(alike) == skeleton("Sky Morning")


@given(st.text(max_size=40))
def test_what_is_taken_from_elsewhere_fits_the_rules(text: str) -> None:
    line = line_of(text)
    if line:
        check_line("title", line)
    name = display_name_for(text, "ada")
    assert name_of("name", name) == unicodedata.normalize("NFC", name)
    post = written(text, text, None)
    if post is not None:
        assert is_visible(post.title)
        check_line("title", post.title)


@given(st.text())
def test_a_name_that_is_taken_shows_and_towers_nowhere(text: str) -> None:
    try:
        name = name_of("name", text)
    except InvalidInput:
        return
    assert is_visible(name)
    assert not has_towers(name)
    assert name_of("name", name) == name
