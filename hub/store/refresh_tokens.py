"""Refresh tokens: each works once, and what a token may do that is seen again (RFC 9700, section 4.14.2).

An answer that was lost must not end a session: while no successor of a token has been refreshed with, and for at most
a minute, the token gives another successor, and those before it are void. Only a refresh counts as the use of a
successor. Its access token does not: a second tab may use that while this one still waits for its answer.
"""

from datetime import datetime, timedelta
from enum import Enum

from msgspec import Struct

from hub.model import rfc3339
from hub.store.database import Row, Transaction
from hub.tokens import REFRESH_SECONDS, new_refresh_token, refresh_hash

GRACE_SECONDS = 60


class Verdict(Enum):
    """What becomes of a token that is presented."""

    GOES_ON = "goes on"
    VOID = "void"
    ENDS_SESSION = "ends the session"


class RefreshToken(Struct, frozen=True):
    """A token of a session that has not ended; a first one has no `parent`."""

    hash: str
    session: str
    user_id: int
    parent: str | None
    used_at: str | None
    voided_at: str | None


def issue(tx: Transaction, session: str, parent: str | None = None) -> str:
    """Make a token for `session`; `parent` is the hash of the one that it follows."""
    token, hashed = new_refresh_token(session)
    tx.run(
        """INSERT INTO refresh_tokens (hash, session_id, expires_at, parent)
        VALUES (:hash, :session, :expires_at, :parent)""",
        hash=hashed,
        session=session,
        expires_at=_later(tx, REFRESH_SECONDS),
        parent=parent,
    )
    return token


def find(tx: Transaction, token: str) -> RefreshToken | None:
    """The token, unless it is over or its session is."""
    row = tx.one(
        """SELECT refresh_tokens.*, sessions.user_id FROM refresh_tokens
        JOIN sessions ON sessions.id = refresh_tokens.session_id
        WHERE hash = :hash AND expires_at > :now AND ended_at IS NULL""",
        hash=refresh_hash(token),
        now=tx.now,
    )
    return None if row is None else _token(row)


def judge(tx: Transaction, found: RefreshToken, *, shared: bool) -> Verdict:
    """What the token may do now; `shared`: it came out of a cookie, which tabs share.

    Of two answers that reach a browser at once, the older may come last and leave a void token in the cookie. So out of
    a cookie a void token goes on as long as none of its siblings did.
    """
    if found.used_at is not None:
        is_late = found.used_at < _later(tx, -GRACE_SECONDS)
        is_lost = not is_late and _all_unused(tx, found.hash)
        return Verdict.GOES_ON if is_lost else Verdict.ENDS_SESSION
    if found.voided_at is None:
        return Verdict.GOES_ON
    if found.parent is None or not _all_unused(tx, found.parent):
        return Verdict.ENDS_SESSION
    return Verdict.GOES_ON if shared else Verdict.VOID


def succeed(tx: Transaction, found: RefreshToken) -> str:
    """Give the token's next successor; the earlier ones and its siblings are void."""
    tx.run(
        "UPDATE refresh_tokens SET used_at = :now WHERE hash = :hash AND used_at IS NULL", now=tx.now, hash=found.hash
    )
    for parent in (found.hash, found.parent):
        tx.run(
            """UPDATE refresh_tokens SET voided_at = :now
            WHERE parent = :parent AND used_at IS NULL AND voided_at IS NULL""",
            now=tx.now,
            parent=parent,
        )
    return issue(tx, found.session, found.hash)


def _all_unused(tx: Transaction, parent: str) -> bool:
    """Whether there are successors of a token and none was refreshed with.

    A token without any was used by an earlier version of this program, which did not write down what came after it.
    """
    row = tx.one("SELECT count(*) AS issued, count(used_at) AS used FROM refresh_tokens WHERE parent = :p", p=parent)
    return row is not None and row["issued"] > 0 and row["used"] == 0


def _later(tx: Transaction, seconds: float) -> str:
    return rfc3339(datetime.fromisoformat(tx.now) + timedelta(seconds=seconds))


def _token(row: Row) -> RefreshToken:
    return RefreshToken(row["hash"], row["session_id"], row["user_id"], row["parent"], row["used_at"], row["voided_at"])
