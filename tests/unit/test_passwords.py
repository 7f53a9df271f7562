"""Passwords: what a new one must be, and that every earlier hash goes on working."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub import passwords
from hub.errors import InvalidInput
from hub.passwords import NOBODY, Match, check_new_password, compare, hash_password, new_password_hash
from hub.seeding import demo_content, demo_logins

GOOD = "correct horse battery"


@pytest.mark.parametrize(
    "password",
    [
        "1234567890",
        "qwertyuiop",
        "Password123",
        "PASSWORD1234",
        "password12345",
        "iloveyou123",
        "letmein!2024",
        "!!sunshine!!",
        "passwordpassword",
        "dragondragondragon",
        "ｐａｓｓｗｏｒｄ１２３",
        "aaaaaaaaaaaaaaaa",
        "abababababab",
        "1212121212!!",
        "short one",
        "e\u0301" * 5,
        "I am adalovelace",
        "ADALOVELACE rocks",
        "the ecalevolada trick",
    ],
)
def test_a_password_that_is_guessed_early_is_refused(password: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_new_password("AdaLovelace", password)
    assert [error.field for error in caught.value.fields] == ["password"]


def test_a_password_that_the_username_contains_is_refused() -> None:
    with pytest.raises(InvalidInput, match="username"):
        check_new_password("Bristlecone-Pine-42", "bristlecone")


@pytest.mark.parametrize(
    "password",
    [GOOD, "x7!Kq#2pLm", "x" * 20 + GOOD, "снег на перевале", "雪が峠に降りました。きれい", GOOD * 12],
)
def test_a_good_password_is_taken_however_long(password: str) -> None:
    assert compare(new_password_hash("ada", password), password) == Match(True)


def test_all_ten_thousand_are_there() -> None:
    assert len(passwords._common()) > 10_000
    assert {"123456", "password", "qwerty123456"} <= passwords._common()


def test_the_demo_peoples_passwords_are_good(tmp_path: Path) -> None:
    logins = demo_logins(tmp_path / "logins.json")
    assert set(logins) == {person.username for person in demo_content().people}
    for username, password in logins.items():
        check_new_password(username, password)


def test_a_password_is_stored_as_argon2id_with_a_salt() -> None:
    first, second = hash_password(GOOD), hash_password(GOOD)
    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert first != second
    assert compare(first, GOOD) == Match(True)
    assert not compare(first, GOOD + "x").is_right


def test_bytes_after_the_seventy_second_count() -> None:
    stored = hash_password("x" * 100 + "a")
    assert compare(stored, "x" * 100 + "a").is_right
    assert not compare(stored, "x" * 100 + "b").is_right


def test_nobodys_password_matches_nothing_and_rubbish_matches_nothing() -> None:
    assert not compare(NOBODY, "").is_right
    assert not compare("", "").is_right
    assert not compare("plain", "plain").is_right


def test_a_hash_with_other_costs_is_renewed() -> None:
    cheap = passwords.argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("x")
    assert compare(cheap, "x") == Match(True, True)


@given(st.sampled_from(["café au lait", "ﬁne ﬂakes of snow", "Å" * 3 + " mountains", "１２３４ trails"]))
@settings(max_examples=8, deadline=None)
def test_a_password_is_the_same_however_a_keyboard_writes_it(password: str) -> None:
    stored = hash_password(password)
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert compare(stored, unicodedata.normalize(form, password)) == Match(True)  # type: ignore[arg-type]


def test_a_hash_from_before_passwords_were_normalised_works_and_is_renewed() -> None:
    typed = "cafe\u0301 au lait"
    before = passwords._hasher.hash(typed)
    assert compare(before, typed) == Match(True, True)
    assert not compare(before, typed + "!").is_right
    assert compare(hash_password(typed), typed) == Match(True)
