"""Access tokens (JWT, RFC 7519) and opaque refresh tokens."""

import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import cast

import jwt
from msgspec import Struct

from hub.errors import Unauthorized
from hub.model import Role

ACCESS_SECONDS = 15 * 60
SKEW_SECONDS = 30
REFRESH_SECONDS = 30 * 24 * 3600
ISSUER = "frostbyte-hub"
AUDIENCE = "frostbyte-hub/access"
ALGORITHM = "HS256"
_REQUIRED = ["sub", "sid", "role", "iat", "exp", "iss", "aud"]
_ROLES = ("visitor", "moderator", "admin")


class Identity(Struct, frozen=True):
    """Who an access token speaks for; `expires` is in seconds since 1970."""

    user_id: int
    username: str
    name: str
    role: Role
    session: str
    expires: float


def new_refresh_token(session: str) -> tuple[str, str]:
    """A fresh refresh token of a session and the hash of it to store."""
    token = f"{session}.{secrets.token_urlsafe(32)}"
    return token, refresh_hash(token)


def claimed_session(token: str) -> str:
    """The session that a refresh token says it is of: for counting only, as nothing has been checked."""
    session, _, _ = token.rpartition(".")
    return session or refresh_hash(token)


def refresh_hash(token: str) -> str:
    """The hash that a refresh token is stored under."""
    return hashlib.sha256(token.encode()).hexdigest()


class AccessTokens:
    """Makes and reads access tokens. The newest key signs, all keys verify.

    `hub` names the database whose members they speak for: a token of another one, or from before a restore, is refused.
    """

    CACHE_SIZE = 10_000

    def __init__(self, keys: Sequence[str], clock: Callable[[], float] = time.time) -> None:
        self._keys = tuple(keys)
        self._clock = clock
        self.hub = ""
        self._read: OrderedDict[str, Identity] = OrderedDict()

    def issue(self, user_id: int, username: str, name: str, role: Role, session: str) -> str:
        """An access token for 15 minutes."""
        now = int(self._clock())
        claims = {
            "sub": str(user_id),
            "sid": session,
            "role": role,
            "username": username,
            "name": name,
            "iat": now,
            "exp": now + ACCESS_SECONDS,
            "iss": ISSUER,
            "aud": AUDIENCE,
            "hub": self.hub,
        }
        return jwt.encode(claims, self._keys[0], algorithm=ALGORITHM)

    def read(self, token: str) -> Identity:
        """Who the token speaks for.

        Raises Unauthorized when it is forged, ended or not an access token.
        """
        identity = self._read.get(token)
        if identity is None:
            identity = self._verify(token)
            self._read[token] = identity
            if len(self._read) > self.CACHE_SIZE:
                self._read.popitem(last=False)
        if identity.expires <= self._clock():
            self._read.pop(token, None)
            raise Unauthorized("Your access token has ended: refresh it or log in again.")
        return identity

    def _verify(self, token: str) -> Identity:
        for key in self._keys:
            try:
                claims = jwt.decode(
                    token,
                    key,
                    algorithms=[ALGORITHM],
                    issuer=ISSUER,
                    audience=AUDIENCE,
                    # Another machine's clock may be a little ahead of ours when it issues a token.
                    leeway=SKEW_SECONDS,
                    options={"require": _REQUIRED, "verify_exp": False},
                )
                if claims.get("hub") != self.hub:
                    break
                return _identity(claims)
            except jwt.InvalidSignatureError:
                continue
            except (jwt.InvalidTokenError, TypeError, ValueError):
                break
        raise Unauthorized("Your access token is not valid: log in again.")


def _identity(claims: dict[str, object]) -> Identity:
    role = claims["role"]
    if role not in _ROLES:
        raise ValueError("unknown role")
    return Identity(
        user_id=int(str(claims["sub"])),
        username=str(claims.get("username", "")),
        name=str(claims.get("name", "")),
        role=cast(Role, role),
        session=str(claims["sid"]),
        expires=float(str(claims["exp"])),
    )
