"""Passwords that come in: looked at within the limits on guessing, on threads of their own."""

from hub.addresses import limited_as
from hub.attempts import Attempts, Guesser
from hub.errors import Unauthorized, invalid_field
from hub.handlers.context import requester_address, services
from hub.handlers.cookies import DEVICE, read_cookie
from hub.passwords import NOBODY, Match, check_new_password, compare, hash_password
from hub.store import accounts
from hub.store.accounts import Account
from hub.tokens import Identity


async def log_in_as(username: str, password: str) -> tuple[Account, str | None]:
    """The member whose name and password these are, and a new hash where the stored one is outdated.

    Raises Unauthorized, TooManyRequests or Unavailable.
    """
    account = await services().database.read(lambda tx: accounts.by_username(tx, username))
    who = _guesser(account, username)
    services().limits.check_guesses(who)
    await services().hashing.slow_down(services().limits.guessing_delay(who))
    match = await _compare(account, password, who)
    if account is None or not match.is_right:
        raise Unauthorized("The username or the password is wrong.")
    return account, await _hash(password) if match.is_outdated else None


async def confirm_password(who: Identity, password: str, field: str) -> None:
    """Make sure that it is the member who asks. Raises InvalidInput, TooManyRequests or Unavailable."""
    guesser = Attempts.session(who.session)
    services().limits.check_guesses(guesser)
    account = await services().database.read(lambda tx: accounts.get(tx, who.user_id))
    match = await _compare(account, password, guesser)
    if not match.is_right:
        raise invalid_field(field, "is not your password")


async def hash_of_new(username: str, password: str) -> str:
    """The hash of a password that is being set. Raises InvalidInput for a weak one, TooManyRequests or Unavailable."""
    check_new_password(username, password)
    return await _hash(password)


async def hash_for_account(username: str, name: str, password: str) -> str:
    """The hash for a new account, which is counted.

    Raises Conflict when the name is taken, InvalidInput for names that are not given away, and as `hash_of_new`.
    """
    check_new_password(username, password)
    # Before the account is counted and hashed: a name that is refused costs nobody anything.
    await services().database.read(lambda tx: accounts.check_names(tx, username, name))
    services().limits.register(requester_address())
    return await _hash(password)


async def _compare(account: Account | None, password: str, who: Guesser) -> Match:
    stored = NOBODY if account is None else account.password_hash
    async with services().hashing.turn(_network(), known=not who.network):
        # Again: many may have waited for their turn.
        services().limits.check_guesses(who)
        match = await services().hashing.run(compare, stored, password)
        if not match.is_right:
            services().limits.guessed_wrong(who)
    return match


async def _hash(password: str) -> str:
    async with services().hashing.turn(_network()):
        return await services().hashing.run(hash_password, password)


def _guesser(account: Account | None, username: str) -> Guesser:
    browser = None if account is None else services().devices.browser(read_cookie(DEVICE), account.id)
    if browser is not None:
        return Attempts.known_browser(browser)
    return Attempts.stranger(requester_address(), username)


def _network() -> str:
    return limited_as(requester_address())
