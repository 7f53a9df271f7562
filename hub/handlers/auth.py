"""Accounts: register, log in, refresh, log out, and one's own account."""

from typing import Annotated, Any

from msgspec import Meta, Struct
from quart import Blueprint, Response, request
from quart_schema import document_request, document_response, tag_blueprint

from hub.errors import Conflict, Unauthorized, invalid_field
from hub.handlers.context import member, requester_address, services, writer
from hub.handlers.cookies import (
    DEVICE,
    REFRESH,
    drop_cookie,
    is_encrypted,
    read_cookie,
    refuse_foreign_pages,
    warn_of_plain_http,
    write_cookie,
)
from hub.handlers.json import answer, body, has_body, no_content
from hub.handlers.password_checks import confirm_password, hash_for_account, hash_of_new, log_in_as
from hub.handlers.versions import based_on, tagged
from hub.model import DisplayName, Input, Password, Registration, SessionKind, User
from hub.store import accounts, leaving
from hub.store.accounts import Login
from hub.store.database import Transaction, in_steps
from hub.tokens import ACCESS_SECONDS

auth = Blueprint("auth", __name__, url_prefix="/api/auth")
tag_blueprint(auth, ["accounts"])


@auth.before_request
async def _of_our_pages_only() -> None:
    refuse_foreign_pages()


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


class AccountDeletion(Input, frozen=True):
    """The password, asked for once more before an account is deleted."""

    password: Annotated[str, Meta(max_length=256)] = ""


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
    name = new.name or new.username
    hashed = await hash_for_account(new.username, name, new.password)
    encrypted = is_encrypted()

    def unit(tx: Transaction) -> Login:
        account = accounts.register(tx, new.username, name, hashed)
        return accounts.begin_session(tx, account.id, encrypted=encrypted)

    try:
        login = await services().database.write(unit)
    except Conflict:
        services().limits.register_failed(requester_address())
        raise
    return _granted(login, new.session, 201, begins=True)


@auth.post("/login")
@document_request(Credentials)
@document_response(Granted, 200)
async def log_in() -> Response:
    """Log in."""
    given = await body(Credentials)
    account, hashed = await log_in_as(given.username, given.password)
    encrypted = is_encrypted()

    def unit(tx: Transaction) -> Login:
        if hashed is not None:
            accounts.renew_hash(tx, account, hashed)
        return accounts.begin_session(tx, account.id, encrypted=encrypted)

    return _granted(await services().database.write(unit), given.session, begins=True)


@auth.post("/refresh")
@document_request(RefreshInput)
@document_response(Granted, 200)
async def refresh() -> Response:
    """Exchange the refresh token for the next one and a fresh access token."""
    token, kind = await _refresh_token()
    if token is None:
        raise Unauthorized("There is no session to refresh: log in.")
    services().limits.refresh(token)
    login = await services().database.write(lambda tx: accounts.rotate(tx, token, shared=kind == "cookie"))
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
        await services().database.write(lambda tx: accounts.end_session_of(tx, token))
    elif "Authorization" in request.headers:
        ended = member().session
        await services().database.write(lambda tx: accounts.end_sessions(tx, [ended]))
    return _logged_out()


@auth.post("/logout-all")
@document_request(RefreshInput)
@document_response(dict[str, Any], 204)
async def log_out_everywhere() -> Response:
    """End all of one's sessions. The refresh token is enough for it, because an access token may be over."""
    token, _ = await _refresh_token()
    if "Authorization" in request.headers or token is None:
        who = member()
        await services().database.write(lambda tx: accounts.end_all_sessions(tx, who.user_id))
    else:
        given = token
        await services().database.write(lambda tx: accounts.end_all_sessions_of(tx, given))
    return _logged_out()


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
        await confirm_password(who, new.current_password or "", "current_password")
        hashed = await hash_of_new(who.username, new.password)
    unit = based_on(
        lambda tx: accounts.get(tx, who.user_id).user,
        lambda tx: accounts.change(tx, who.user_id, who.session, new.name, hashed).user,
    )
    return tagged(await services().database.write(unit))


@auth.delete("/me")
@document_request(AccountDeletion)
@document_response(dict[str, Any], 204)
async def delete_me() -> Response:
    """Delete the account; posts stay as "former member". It takes the password."""
    who = writer()
    given = await body(AccountDeletion) if await has_body() else AccountDeletion()
    if not given.password:
        raise invalid_field("password", "type your password to delete the account")
    await confirm_password(who, given.password, "password")
    database = services().database
    unit = based_on(lambda tx: accounts.get(tx, who.user_id).user, lambda tx: accounts.delete(tx, who.user_id))
    if await database.write(unit):
        await in_steps(database, lambda tx: leaving.go_on(tx, who.user_id))
    response = _logged_out()
    drop_cookie(response, DEVICE)
    return response


async def _refresh_token() -> tuple[str | None, SessionKind]:
    given = await body(RefreshInput) if await has_body() else RefreshInput()
    if given.refresh_token is not None:
        return given.refresh_token, "body"
    return read_cookie(REFRESH), "cookie"


def _granted(login: Login, kind: SessionKind, status: int = 200, *, begins: bool = False) -> Response:
    account = login.account
    access = services().tokens.issue(account.id, account.username, account.name, account.role, login.session)
    in_body = login.refresh_token if kind == "body" else None
    response = answer(Granted(account.user, access, ACCESS_SECONDS, in_body), status)
    response.headers["Cache-Control"] = "no-store"
    if kind == "cookie":
        write_cookie(response, REFRESH, login.refresh_token)
        if begins:
            write_cookie(response, DEVICE, services().devices.add(read_cookie(DEVICE), account.id))
    if begins and services().settings.env == "production" and not is_encrypted():
        warn_of_plain_http()
    return response


def _logged_out() -> Response:
    response = no_content()
    drop_cookie(response, REFRESH)
    return response
