"""Passwords that Werkzeug hashed: they match, and no hash may be dear to check."""

import time

import pytest
from werkzeug.security import generate_password_hash

from hub.passwords import Match, compare, hash_password
from hub.werkzeug_hashes import is_werkzeug_hash

PASSWORD = "123Toby! — déjà vu"
METHODS = ["pbkdf2:sha256", "pbkdf2:sha256:150000", "pbkdf2:sha512:1000", "scrypt", "scrypt:1024:8:1"]


@pytest.mark.parametrize("method", METHODS)
def test_the_password_of_then_matches_and_no_other(method: str) -> None:
    stored = generate_password_hash(PASSWORD, method)
    assert compare(stored, PASSWORD) == Match(True, True)
    assert not compare(stored, PASSWORD + " ").is_right
    assert not compare(stored, "").is_right


def test_an_argon2id_hash_stays_as_it_is() -> None:
    stored = hash_password(PASSWORD)
    assert compare(stored, PASSWORD) == Match(True) and not is_werkzeug_hash(stored)


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "!",
        "plain$$secret",
        "sha256$salt$" + "0" * 64,
        "pbkdf2:sha256:0$salt$" + "0" * 64,
        "pbkdf2:sha256:9000000$salt$" + "0" * 64,
        "pbkdf2:sha256:99999999999999$salt$" + "0" * 64,
        "pbkdf2:md5:1000$salt$" + "0" * 32,
        "pbkdf2:sha256:1000$$" + "0" * 64,
        "pbkdf2:sha256:1000$salt$" + "0" * 63,
        "pbkdf2:sha256:1000$salt$" + "0" * 64 + "\n",
        "scrypt:1048576:8:1$salt$" + "0" * 128,
        "scrypt:32768:99:9$salt$" + "0" * 128,
        "scrypt:32767:8:1$salt$" + "0" * 128,
        "scrypt:32768:0:1$salt$" + "0" * 128,
        "scrypt:1:8:1$salt$" + "0" * 128,
    ],
)
def test_a_hash_that_is_broken_or_too_dear_is_refused_at_once(stored: str) -> None:
    began = time.perf_counter()
    assert not is_werkzeug_hash(stored)
    assert not compare(stored, "secret").is_right
    assert time.perf_counter() - began < 0.1
