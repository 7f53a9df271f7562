"""Passwords: what a new one must be, how it is kept (Argon2id, RFC 9106), and whether a given one is the right one."""

import re
import secrets
import unicodedata
from functools import cache
from importlib.resources import files

import argon2
from msgspec import Struct

from hub.errors import invalid_field
from hub.werkzeug_hashes import is_werkzeug_hash, werkzeug_hash_matches

SHORTEST = 10
FEWEST_CHARACTERS = 5
LONGEST_DECORATION = 5
_DECORATION = re.compile(r"^[\W\d_]+|[\W\d_]+$")

_hasher = argon2.PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


class Match(Struct, frozen=True):
    """Whether a password is right, and whether its hash should be made anew."""

    is_right: bool
    is_outdated: bool = False


def hash_password(password: str) -> str:
    """The hash to store of a password that was checked before (memory and time as OWASP advises)."""
    return _hasher.hash(_normal(password))


def new_password_hash(username: str, password: str) -> str:
    """The hash to store of a password that is being set. Raises InvalidInput when it is too easy to guess."""
    check_new_password(username, password)
    return hash_password(password)


def check_new_password(username: str, password: str, field: str = "password") -> None:
    """Refuse a password that would be guessed early (NIST SP 800-63B, section 5.1.1.2). Raises InvalidInput."""
    folded = _normal(password).casefold()
    name = username.casefold()
    if len(_normal(password)) < SHORTEST:
        raise invalid_field(field, f"needs {SHORTEST} characters or more")
    if name in folded or name[::-1] in folded or folded in name:
        raise invalid_field(field, "must not contain the username")
    if len(set(folded)) < FEWEST_CHARACTERS:
        raise invalid_field(field, f"needs {FEWEST_CHARACTERS} different characters or more")
    if _is_common(folded):
        raise invalid_field(field, "is one of the commonest passwords: take another one, such as three or four words")


def compare(stored: str, password: str) -> Match:
    """Compare a password with what is stored; takes tens of milliseconds, for an imported hash up to a second.

    A password is normalised (NFKC), because keyboards write the same letters in different ways. Hashes from before that
    are of the password as it was typed.
    """
    normal = _normal(password)
    if _verify(stored, normal):
        return Match(True, is_werkzeug_hash(stored) or _hasher.check_needs_rehash(stored))
    return Match(normal != password and _verify(stored, password), True)


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def _verify(stored: str, password: str) -> bool:
    if is_werkzeug_hash(stored):
        return werkzeug_hash_matches(stored, password)
    try:
        return _hasher.verify(stored, password)
    except (argon2.exceptions.VerifyMismatchError, argon2.exceptions.InvalidHashError):
        return False


def _is_common(folded: str) -> bool:
    """Whether it is a common password: as it is, with a few digits and signs around it, or several times over."""
    stem = _DECORATION.sub("", folded)
    period = (folded + folded).find(folded, 1)
    is_decorated = stem in _common() and len(folded) - len(stem) <= LONGEST_DECORATION
    return folded in _common() or is_decorated or (period < len(folded) and folded[:period] in _common())


@cache
def _common() -> frozenset[str]:
    text = (files("hub") / "data" / "common_passwords.txt").read_text()
    return frozenset(line for line in text.splitlines() if not line.startswith("# "))


# Compared with in place of a missing member's, so that a log-in takes as long whether the name exists or not.
NOBODY = hash_password(secrets.token_urlsafe(16))
