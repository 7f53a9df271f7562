"""A browser's note that a member logged in there: signed, for this member only, and worth nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from hub.devices import LONGEST, MEMBERS, DeviceNotes

KEY, OTHER_KEY = "k" * 40, "o" * 40
notes = DeviceNotes([KEY])


def test_a_browser_is_known_to_the_members_who_logged_in_there() -> None:
    cookie = notes.add(notes.add(None, 7), 8)
    seven, eight = notes.browser(cookie, 7), notes.browser(cookie, 8)
    assert seven and eight and seven != eight
    assert notes.browser(cookie, 9) is None
    assert notes.browser(cookie, 70) is None


def test_logging_in_again_keeps_the_browsers_number() -> None:
    cookie = notes.add(notes.add(None, 7), 8)
    assert notes.browser(notes.add(cookie, 7), 7) == notes.browser(cookie, 7)
    assert notes.browser(notes.add(None, 7), 7) != notes.browser(cookie, 7)


def test_a_cookie_stays_small() -> None:
    cookie = None
    for member in range(10**15, 10**15 + 50):
        cookie = notes.add(cookie, member)
    assert cookie is not None
    assert len(cookie) < LONGEST
    assert cookie.count("~") == MEMBERS - 1
    assert notes.browser(cookie, 10**15 + 49)


def test_every_key_reads_and_the_newest_signs() -> None:
    rotated = DeviceNotes([OTHER_KEY, KEY])
    old = notes.add(None, 7)
    assert rotated.browser(old, 7)
    assert notes.browser(rotated.add(old, 8), 7) is None


@given(st.text(max_size=80))
def test_what_the_hub_has_not_signed_is_nothing(cookie: str) -> None:
    assert notes.browser(cookie, 7) is None
    genuine = notes.add(None, 8)
    assert notes.browser(genuine.replace("8.", "7.", 1), 7) is None
    assert notes.browser(cookie + "~" + genuine, 8)


def test_another_keys_note_is_nothing() -> None:
    assert DeviceNotes([OTHER_KEY]).browser(notes.add(None, 7), 7) is None
