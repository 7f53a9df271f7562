"""Access tokens: one algorithm, every claim checked, keys that rotate, and nothing else passes as one."""

import base64
import json
import time
from typing import Any

import jwt
import pytest

from hub import tokens
from hub.errors import Unauthorized
from hub.tokens import (
    ACCESS_SECONDS,
    AccessTokens,
    new_refresh_token,
    refresh_hash,
)

KEY = "a key that is long enough for every algorithm, also for HS512: 64 bytes"
HUB = "the name of a database"
OLD_KEY = "the key before, also of thirty-two bytes or more"


class Clock:
    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def access(clock: Clock) -> AccessTokens:
    made = AccessTokens([KEY], clock)
    made.hub = HUB
    return made


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    good = {
        "sub": "7",
        "sid": "session",
        "role": "visitor",
        "username": "ada",
        "name": "Ada",
        "iat": now,
        "exp": now + 60,
        "iss": tokens.ISSUER,
        "aud": tokens.AUDIENCE,
        "hub": HUB,
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def signed(key: str = KEY, algorithm: str = "HS256", **changes: Any) -> str:
    return jwt.encode(claims(**changes), key, algorithm=algorithm)


def refused(access: AccessTokens, token: str) -> None:
    with pytest.raises(Unauthorized):
        access.read(token)


def test_a_token_speaks_for_whom_it_was_made(access: AccessTokens, clock: Clock) -> None:
    who = access.read(access.issue(7, "ada", "Ada", "moderator", "session"))
    assert (who.user_id, who.username, who.name, who.role, who.session) == (7, "ada", "Ada", "moderator", "session")
    assert who.expires == int(clock.now) + ACCESS_SECONDS


def test_the_forged_tokens_below_differ_from_a_good_one_in_one_thing(access: AccessTokens) -> None:
    assert access.read(signed()).user_id == 7


@pytest.mark.parametrize("missing", ["sub", "sid", "role", "iat", "exp", "iss", "aud", "hub"])
def test_a_missing_claim_is_refused(access: AccessTokens, missing: str) -> None:
    refused(access, signed(**{missing: None}))


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "somebody"},
        {"aud": "frostbyte-hub/refresh"},
        {"hub": "the name of another database"},
        {"hub": ""},
        {"hub": [HUB]},
        {"sub": "ada"},
        {"role": "owner"},
        {"exp": "soon"},
        {"exp": 0},
        {"iat": int(time.time()) + 3600},
        {"nbf": int(time.time()) + 3600},
    ],
    ids=str,
)
def test_a_wrong_claim_is_refused(access: AccessTokens, wrong: dict[str, Any]) -> None:
    refused(access, signed(**wrong))


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_another_algorithm_is_refused_with_the_right_key(access: AccessTokens, algorithm: str) -> None:
    refused(access, signed(algorithm=algorithm))


@pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE"])
def test_no_algorithm_is_refused(access: AccessTokens, name: str) -> None:
    def part(data: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")

    unsigned = f"{part({'alg': name, 'typ': 'JWT'})}.{part(claims())}"
    refused(access, f"{unsigned}.")
    refused(access, f"{unsigned}.{signed().rpartition('.')[2]}")


def test_another_key_is_refused(access: AccessTokens) -> None:
    refused(access, signed(OLD_KEY))


def test_a_changed_claim_breaks_the_signature(access: AccessTokens) -> None:
    head, _, tail = signed().split(".")
    forged = base64.urlsafe_b64encode(json.dumps(claims(role="admin")).encode()).decode().rstrip("=")
    refused(access, f"{head}.{forged}.{tail}")


@pytest.mark.parametrize("text", ["", ".", "..", "a.b.c", "é.é.é", "\0", "Bearer x", "." * 4000, "🏔" * 1000])
def test_what_is_no_token_at_all_is_refused(access: AccessTokens, text: str) -> None:
    refused(access, text)


def test_a_refresh_token_is_no_access_token(access: AccessTokens) -> None:
    refused(access, new_refresh_token("session")[0])


def test_a_token_ends_to_the_second_also_when_it_was_read_before(access: AccessTokens, clock: Clock) -> None:
    token = access.issue(7, "ada", "Ada", "visitor", "session")
    start = int(clock.now)
    clock.now = start + ACCESS_SECONDS - 0.01
    assert access.read(token).user_id == 7
    clock.now = start + ACCESS_SECONDS
    refused(access, token)
    refused(access, token)


def test_a_clock_that_is_a_little_ahead_elsewhere_locks_nobody_out(access: AccessTokens, clock: Clock) -> None:
    clock.now += 10
    elsewhere = access.issue(7, "ada", "Ada", "visitor", "session")
    here = AccessTokens([KEY])
    here.hub = HUB
    assert here.read(elsewhere).user_id == 7


def test_a_token_from_before_a_restore_is_refused_with_the_right_key(access: AccessTokens, clock: Clock) -> None:
    before = access.issue(7, "ada", "Ada", "visitor", "session")
    restarted = AccessTokens([KEY], clock)
    restarted.hub = "the name after the restore"
    refused(restarted, before)
    assert restarted.read(restarted.issue(7, "ben", "Ben", "visitor", "session")).username == "ben"


def test_keys_rotate_the_newest_signs_and_all_are_believed(clock: Clock) -> None:
    before = AccessTokens([OLD_KEY], clock).issue(7, "ada", "Ada", "visitor", "session")
    rotated = AccessTokens([KEY, OLD_KEY], clock)
    assert rotated.read(before).user_id == 7
    after = rotated.issue(8, "ben", "Ben", "visitor", "session")
    refused(AccessTokens([OLD_KEY], clock), after)
    only_new = AccessTokens([KEY], clock)
    assert only_new.read(after).user_id == 8
    refused(only_new, before)


def test_tokens_read_are_remembered_up_to_a_limit(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AccessTokens, "CACHE_SIZE", 3)
    access = AccessTokens([KEY], clock)
    for user in range(10):
        assert access.read(access.issue(user, "ada", "Ada", "visitor", "session")).user_id == user
    assert len(access._read) == 3


def test_a_refused_token_is_not_remembered(access: AccessTokens) -> None:
    refused(access, signed(OLD_KEY))
    assert not access._read


def test_a_refresh_token_is_stored_as_a_hash_only() -> None:
    token, stored = new_refresh_token("session")
    assert len(token) >= 43
    assert refresh_hash(token) == stored
    assert token not in stored
    assert new_refresh_token("session")[0] != token
