"""Accounts: register, log in, refresh, log out, and one's own account."""

import asyncio
from typing import Annotated, Any

from msgspec import Meta, Struct
from quart import Blueprint, Response, request
from quart_schema import document_request, document_response, tag_blueprint

from hub.errors import Unauthorized, invalid_field
from hub.handlers.context import member, requester_address, services, writer
from hub.handlers.json import answer, body, no_content
from hub.handlers.versions import based_on, tagged
from hub.model import DisplayName, Input, Password, Registration, SessionKind, User
from hub.store import accounts, leaving
from hub.store.accounts import Account, Login
from hub.store.database import in_steps
from hub.tokens import (
    ACCESS_SECONDS,
    NOBODY,
    REFRESH_SECONDS,
    hash_password,
    needs_rehash,
    password_matches,
)

COOKIE = "hub_refresh"
COOKIE_PATH = "/api/auth"
HASHING_AT_ONCE = 4

auth = Blueprint("auth", __name__, url_prefix="/api/auth")
tag_blueprint(auth, ["accounts"])
_hashing = asyncio.Semaphore(HASHING_AT_ONCE)


class Credentials(Input, frozen=True):
    """To log in; with `session` "body" the refresh token comes in the answer instead of a cookie."""

    username: Annotated[str, Meta(min_length=1, max_length=80)]
    password: Annotated[str, Meta(min_length=1, max_length=256)]
    session: SessionKind = "cookie"


class RefreshInput(Input, frozen=True):
    """The refresh token of a session that keeps it itself; empty when the cookie has it."""

    refresh_token: Annotated[str, Meta(max_length=200)] | None = None


class AccountEdit(Input, frozen=True):
    """One's own account. A new password needs the current one, and ends the other sessions."""

    name: DisplayName
    password: Password | None = None
    current_password: Annotated[str, Meta(max_length=256)] | None = None


class Granted(Struct, frozen=True, omit_defaults=True):
    """A session: the access token is good for `expires_in` seconds."""

    user: User
    access_token: str
    expires_in: int
    refresh_token: str | None = None


@auth.post("/register")
@document_request(Registration)
@document_response(Granted, 201)
async def register() -> Response:
    """Make an account and log in."""
    new = await body(Registration)
    services().limits.register(requester_address())
    async with _hashing:
        hashed = await asyncio.to_thread(hash_password, new.password)
    login = await services().database.write(
        lambda tx: accounts.begin_session(tx, accounts.register(tx, new.username, new.name or new.username, hashed).id)
    )
    return _granted(login, new.session, 201)


@auth.post("/login")
@document_request(Credentials)
@document_response(Granted, 200)
async def log_in() -> Response:
    """Log in."""
    given = await body(Credentials)
    services().limits.login(requester_address(), given.username)
    account = await services().database.read(lambda tx: accounts.by_username(tx, given.username))
    if not await _password_is(account, given.password) or account is None:
        raise Unauthorized("The username or the password is wrong.")
    if needs_rehash(account.password_hash):
        async with _hashing:
            hashed = await asyncio.to_thread(hash_password, given.password)
        await services().database.write(lambda tx: accounts.renew_hash(tx, account, hashed))
    login = await services().database.write(lambda tx: accounts.begin_session(tx, account.id))
    return _granted(login, given.session)


@auth.post("/refresh")
@document_request(RefreshInput)
@document_response(Granted, 200)
async def refresh() -> Response:
    """Exchange the refresh token for the next one and a fresh access token."""
    token, kind = await _refresh_token()
    if token is None:
        raise Unauthorized("There is no session to refresh: log in.")
    login = await services().database.write(lambda tx: accounts.rotate(tx, token))
    if login is None:
        raise Unauthorized("This refresh token was used before, so its session was ended. Log in again.")
    return _granted(login, kind)


@auth.post("/logout")
@document_request(RefreshInput)
@document_response(dict[str, Any], 204)
async def log_out() -> Response:
    """End this session; its sockets close on every worker."""
    token, _ = await _refresh_token()
    if token is not None:
        session = await services().database.read(lambda tx: accounts.session_of(tx, token))
    elif "Authorization" in request.headers:
        session = member().session
    else:
        session = None
    if session is not None:
        ended = session
        await services().database.write(lambda tx: accounts.end_sessions(tx, [ended]))
    return _without_cookie(no_content())


@auth.post("/logout-all")
@document_response(dict[str, Any], 204)
async def log_out_everywhere() -> Response:
    """End all of one's sessions."""
    who = member()
    await services().database.write(lambda tx: accounts.end_all_sessions(tx, who.user_id))
    return _without_cookie(no_content())


@auth.get("/me")
@document_response(User, 200)
async def me() -> Response:
    """One's own account."""
    who = member()
    return tagged(await services().database.read(lambda tx: accounts.get(tx, who.user_id).user))


@auth.put("/me")
@document_request(AccountEdit)
@document_response(User, 200)
async def change_me() -> Response:
    """Change the name that others see, and the password."""
    who = writer()
    new = await body(AccountEdit)
    hashed = None
    if new.password is not None:
        account = await services().database.read(lambda tx: accounts.get(tx, who.user_id))
        if not await _password_is(account, new.current_password or ""):
            raise invalid_field("current_password", "is not your password")
        async with _hashing:
            hashed = await asyncio.to_thread(hash_password, new.password)
    unit = based_on(
        lambda tx: accounts.get(tx, who.user_id).user,
        lambda tx: accounts.change(tx, who.user_id, who.session, new.name, hashed).user,
    )
    return tagged(await services().database.write(unit))


@auth.delete("/me")
@document_response(dict[str, Any], 204)
async def delete_me() -> Response:
    """Delete the account; posts stay as "former member"."""
    who = writer()
    database = services().database
    unit = based_on(lambda tx: accounts.get(tx, who.user_id).user, lambda tx: accounts.delete(tx, who.user_id))
    if await database.write(unit):
        await in_steps(database, lambda tx: leaving.go_on(tx, who.user_id))
    return _without_cookie(no_content())


async def _password_is(account: Account | None, password: str) -> bool:
    stored = NOBODY if account is None else account.password_hash
    async with _hashing:
        return await asyncio.to_thread(password_matches, stored, password)


async def _refresh_token() -> tuple[str | None, SessionKind]:
    given = await body(RefreshInput) if await request.get_data() else RefreshInput()
    if given.refresh_token is not None:
        return given.refresh_token, "body"
    return request.cookies.get(COOKIE), "cookie"


def _granted(login: Login, kind: SessionKind, status: int = 200) -> Response:
    account = login.account
    access = services().tokens.issue(account.id, account.username, account.name, account.role, login.session)
    in_body = login.refresh_token if kind == "body" else None
    response = answer(Granted(account.user, access, ACCESS_SECONDS, in_body), status)
    response.headers["Cache-Control"] = "no-store"
    if kind == "cookie":
        response.set_cookie(
            COOKIE,
            login.refresh_token,
            max_age=REFRESH_SECONDS,
            path=COOKIE_PATH,
            secure=_is_https(),
            httponly=True,
            samesite="Strict",
        )
    return response


def _is_https() -> bool:
    return services().settings.env == "production" or request.scheme == "https"


def _without_cookie(response: Response) -> Response:
    response.delete_cookie(COOKIE, path=COOKIE_PATH, httponly=True, samesite="Strict", secure=_is_https())
    return response
