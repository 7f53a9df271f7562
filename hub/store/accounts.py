"""Members and their log-in sessions."""

import secrets
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from hub.errors import Conflict, NotFound, Unauthorized
from hub.model import Registration, Role, User, rfc3339
from hub.names import check_not_reserved, check_username, name_of, skeleton, too_like
from hub.store import authors, leaving, mutes, refresh_tokens, verdicts
from hub.store.database import SLICE, Row, SessionsEnded, Transaction, required
from hub.store.refresh_tokens import Verdict
from hub.tokens import refresh_hash

REMEMBER_ENDED = timedelta(days=1)


class Account(Struct, frozen=True):
    """A member with what only the hub sees."""

    id: int
    username: str
    name: str
    role: Role
    password_hash: str

    @property
    def user(self) -> User:
        """What may be shown."""
        return User(self.username, self.name, self.role)


class Login(Struct, frozen=True):
    """A session that has begun or gone on, with its next refresh token."""

    account: Account
    session: str
    refresh_token: str


def register(
    tx: Transaction, username: str, name: str, password_hash: str, role: Role = "visitor", *, vetted: bool = False
) -> Account:
    """Add a member; `vetted` when the operator chose the names, who may call somebody "admin".

    Raises Conflict when the username is taken (whatever its case), InvalidInput for names that pass for others'.
    """
    if vetted:
        _check_free(tx, username)
    else:
        check_names(tx, username, name)
    row = required(
        tx.one(
            """INSERT INTO users (username, name, password_hash, role, created_at)
            VALUES (:username, :name, :password_hash, :role, :now) RETURNING *""",
            username=username,
            name=name,
            password_hash=password_hash,
            role=role,
            now=tx.now,
        )
    )
    return _account(row)


def check_names(tx: Transaction, username: str, name: str) -> None:
    """Raises Conflict when the username is taken, InvalidInput for names that pass for others'."""
    _check_free(tx, username)
    check_username(username)
    _check_unlike_staff(tx, "username", username)
    if name != username:
        check_not_reserved(name)
        _check_unlike_staff(tx, "name", name)


def create_by_operator(tx: Transaction, new: Registration, password_hash: str, role: Role) -> Account:
    """Add a member as the operator asks. Raises Conflict when the username is taken."""
    account = register(tx, new.username, new.name or new.username, password_hash, role, vetted=True)
    verdicts.record(tx, None, "member.created", member_id=account.id, reason=role)
    return account


def by_username(tx: Transaction, username: str) -> Account | None:
    """The member with this username, whatever its case."""
    row = tx.one("SELECT * FROM users WHERE lower(username) = lower(:username)", username=username)
    return None if row is None else _account(row)


def get(tx: Transaction, user_id: int) -> Account:
    """The member with this id. Raises Unauthorized when the account is gone."""
    row = tx.one("SELECT * FROM users WHERE id = :id AND left_at IS NULL", id=user_id)
    if row is None:
        raise Unauthorized("This account is no longer there.")
    return _account(row)


def is_there(tx: Transaction, user_id: int) -> bool:
    """Whether the account has not been deleted."""
    return tx.one("SELECT 1 FROM users WHERE id = :id AND left_at IS NULL", id=user_id) is not None


def begin_session(tx: Transaction, user_id: int, *, encrypted: bool | None = None) -> Login:
    """Begin a log-in session; `encrypted`: whether it came over https. Raises Unauthorized when the account is gone."""
    account = get(tx, user_id)
    session = secrets.token_urlsafe(12)
    tx.run(
        "INSERT INTO sessions (id, user_id, created_at, encrypted) VALUES (:id, :user, :now, :encrypted)",
        id=session,
        user=user_id,
        now=tx.now,
        encrypted=None if encrypted is None else int(encrypted),
    )
    return Login(account, session, refresh_tokens.issue(tx, session))


def rotate(tx: Transaction, token: str, *, shared: bool = False) -> Login | None:
    """Exchange a refresh token for the next one; None for one that must not be seen again, which ends its session.

    A return value instead of an error, because the ending has to be committed. Raises Unauthorized for any other.
    `shared`: it came out of a cookie, which tabs share.
    """
    found = refresh_tokens.find(tx, token)
    if found is None:
        raise Unauthorized("Your session has ended: log in again.")
    verdict = refresh_tokens.judge(tx, found, shared=shared)
    if verdict is Verdict.VOID:
        raise Unauthorized("This refresh token is void: another one was given in its place.")
    if verdict is Verdict.ENDS_SESSION:
        end_sessions(tx, [found.session])
        return None
    return Login(get(tx, found.user_id), found.session, refresh_tokens.succeed(tx, found))


def end_session_of(tx: Transaction, token: str) -> None:
    """End the session that a refresh token belongs to, whatever may be done with the token itself."""
    row = tx.one("SELECT session_id FROM refresh_tokens WHERE hash = :hash", hash=refresh_hash(token))
    if row is not None:
        end_sessions(tx, [row["session_id"]])


def end_all_sessions_of(tx: Transaction, token: str) -> None:
    """Log out everywhere the member whom a refresh token belongs to. Raises Unauthorized when its session is over."""
    found = refresh_tokens.find(tx, token)
    if found is None:
        raise Unauthorized("Your session has ended: log in again.")
    end_all_sessions(tx, found.user_id)


def end_sessions(tx: Transaction, sessions: list[str]) -> None:
    """End sessions; their sockets are closed on every worker. Those that have ended already are not told again."""
    ended = [
        session
        for session in sessions
        if tx.run("UPDATE sessions SET ended_at = :now WHERE id = :id AND ended_at IS NULL", id=session, now=tx.now)
    ]
    if ended:
        tx.announce(SessionsEnded(ended))


def end_all_sessions(tx: Transaction, user_id: int) -> None:
    """Log a member out everywhere."""
    rows = tx.all("SELECT id FROM sessions WHERE user_id = :user AND ended_at IS NULL", user=user_id)
    end_sessions(tx, [row["id"] for row in rows])


def end_everybodys_sessions(tx: Transaction) -> None:
    """Log everybody out everywhere, and forget what they could come back with."""
    tx.run("UPDATE sessions SET ended_at = :now WHERE ended_at IS NULL", now=tx.now)
    tx.run("DELETE FROM refresh_tokens")


def sessions_ended_since(tx: Transaction, moment: str) -> list[str]:
    """Sessions that were ended at `moment` (RFC 3339) or later."""
    return [row["id"] for row in tx.all("SELECT id FROM sessions WHERE ended_at >= :moment", moment=moment)]


def change(tx: Transaction, user_id: int, session: str, name: str, password_hash: str | None) -> Account:
    """Change the name that others see, and with a new password end all sessions but `session`.

    Raises InvalidInput for a new name that is none or passes for somebody else's, or Muted.
    """
    before = get(tx, user_id)
    # A name from before these rules stays until it is changed.
    if name != before.name:
        name = _new_name(tx, before, name)
    if before.name != name:
        tx.run("UPDATE users SET name = :name WHERE id = :id", name=name, id=user_id)
        authors.announce_name(tx, user_id, before.username, name, before.role)
    if password_hash is not None:
        set_password(tx, user_id, password_hash)
        others = tx.all(
            "SELECT id FROM sessions WHERE user_id = :user AND ended_at IS NULL AND id <> :session",
            user=user_id,
            session=session,
        )
        end_sessions(tx, [row["id"] for row in others])
    return get(tx, user_id)


def set_password(tx: Transaction, user_id: int, password_hash: str) -> None:
    """Store another password hash."""
    tx.run("UPDATE users SET password_hash = :hash WHERE id = :id", hash=password_hash, id=user_id)


def renew_hash(tx: Transaction, account: Account, password_hash: str) -> None:
    """Store another hash of the same password, unless the password has changed meanwhile."""
    tx.run(
        "UPDATE users SET password_hash = :hash WHERE id = :id AND password_hash = :before",
        hash=password_hash,
        id=account.id,
        before=account.password_hash,
    )


def reset_password(tx: Transaction, username: str, password_hash: str) -> None:
    """Set a password and log the member out everywhere. Raises NotFound."""
    account = named(tx, username)
    verdicts.record(tx, None, "member.password_reset", member_id=account.id)
    set_password(tx, account.id, password_hash)
    end_all_sessions(tx, account.id)


def named(tx: Transaction, username: str) -> Account:
    """The member with this username. Raises NotFound."""
    account = by_username(tx, username)
    if account is None:
        raise NotFound(f"There is no member called {username!r}.")
    return account


def set_role(tx: Transaction, username: str, role: Role) -> Account:
    """Change a member's role and end the sessions that still carry the old one. Raises NotFound."""
    account = named(tx, username)
    if account.role == role:
        return account
    tx.run("UPDATE users SET role = :role WHERE id = :id", role=role, id=account.id)
    authors.announce_name(tx, account.id, account.username, account.name, role)
    verdicts.record(tx, None, "member.role_changed", member_id=account.id, reason=f"{account.role} → {role}")
    end_all_sessions(tx, account.id)
    return get(tx, account.id)


def delete(tx: Transaction, user_id: int) -> bool:
    """Delete an account and what is personal in it, ratings too; posts and reviews stay as "former member".

    Returns whether there is more to do than fits into one unit: then `leaving.go_on` does it.
    """
    end_all_sessions(tx, user_id)
    leaving.begin(tx, user_id)
    return leaving.go_on(tx, user_id)


def forget_old_sessions(tx: Transaction) -> bool:
    """Remove some sessions and refresh tokens that nobody can use any more; whether there may be more."""
    tokens = tx.all(
        "SELECT hash, session_id FROM refresh_tokens WHERE expires_at < :now LIMIT :limit", now=tx.now, limit=SLICE
    )
    tx.many("DELETE FROM refresh_tokens WHERE hash = :hash", [{"hash": row["hash"]} for row in tokens])
    # A session that never ended is over with its last token.
    tx.many(
        """DELETE FROM sessions WHERE id = :id AND ended_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM refresh_tokens WHERE session_id = :id)""",
        [{"id": session} for session in {row["session_id"] for row in tokens}],
    )
    ended = tx.run(
        "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE ended_at < :before LIMIT :limit)",
        before=rfc3339(datetime.now(UTC) - REMEMBER_ENDED),
        limit=SLICE,
    )
    return SLICE in (len(tokens), ended)


def _new_name(tx: Transaction, account: Account, given: str) -> str:
    name = name_of("name", given)
    if name == account.name:
        return name
    mutes.check(tx, account.id)
    if name != account.username:
        _check_unlike_staff(tx, "name", name, besides=account.id)
        if account.role == "visitor":
            check_not_reserved(name)
    return name


def _check_free(tx: Transaction, username: str) -> None:
    if by_username(tx, username) is not None:
        raise Conflict(f"The username {username!r} is taken. Choose another one.")


def _check_unlike_staff(tx: Transaction, field: str, name: str, besides: int = 0) -> None:
    staff = tx.all("SELECT username, name FROM users WHERE role <> 'visitor' AND id <> :besides", besides=besides)
    if skeleton(name) in {skeleton(row[column]) for row in staff for column in ("username", "name")}:
        raise too_like(field)


def _account(row: Row) -> Account:
    return Account(row["id"], row["username"], row["name"], row["role"], row["password_hash"])
