"""Password hashes as Werkzeug makes them: who moved in from a Flask site logs in with the password of then.

The costs are bounded, because a hash comes out of a file that somebody gave: no log-in may take seconds or gigabytes.
"""

import re

from werkzeug.security import check_password_hash

PBKDF2_ROUNDS = 2_000_000
SCRYPT_MEMORY = 64 * 1024 * 1024
SCRYPT_LANES = 4
_PBKDF2 = re.compile(
    r"pbkdf2:sha(?:256:([1-9]\d{0,6})\$[^$]{1,128}\$[0-9a-f]{64}|512:([1-9]\d{0,6})\$[^$]{1,128}\$[0-9a-f]{128})"
)
_SCRYPT = re.compile(r"scrypt:(\d{1,7}):(\d{1,2}):(\d)\$[^$]{1,128}\$[0-9a-f]{128}")


def is_werkzeug_hash(stored: str) -> bool:
    """Whether `stored` is a `pbkdf2` or `scrypt` hash whose costs are within bounds."""
    if found := _PBKDF2.fullmatch(stored):
        return int(found[1] or found[2]) <= PBKDF2_ROUNDS
    found = _SCRYPT.fullmatch(stored)
    return found is not None and _is_affordable(*(int(cost) for cost in found.groups()))


def werkzeug_hash_matches(stored: str, password: str) -> bool:
    """Whether `password` is the one that `stored` was made from; takes up to a second."""
    return is_werkzeug_hash(stored) and check_password_hash(stored, password)


def _is_affordable(n: int, r: int, p: int) -> bool:
    """RFC 7914, section 6: `n` a power of two above 1; the memory is 128 * n * r bytes."""
    return n > 1 and n & (n - 1) == 0 and r >= 1 and 1 <= p <= SCRYPT_LANES and 128 * n * r <= SCRYPT_MEMORY
