"""What the handlers work with, and who is asking."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from msgspec import Struct
from quart import Quart, current_app, g, request

from hub.addresses import Forwarding, Visitor, limited_as, visitor
from hub.attempts import Attempts, Guesser
from hub.channels.hub import Hub
from hub.config import Settings
from hub.devices import DeviceNotes
from hub.errors import Forbidden, TooManyRequests, Unauthorized
from hub.handlers.hashing import Hashing
from hub.model import Role
from hub.ranger.ranger import Ranger
from hub.ratelimit import Limiter, Rate
from hub.store.database import Database, Transaction
from hub.tokens import AccessTokens, Identity, claimed_session

T = TypeVar("T")

REGISTER = Rate(burst=10, per_second=1 / 60)
REFRESH = Rate(burst=60, per_second=1 / 5)
WRITE = Rate(burst=30, per_second=1)
READ = Rate(burst=400, per_second=40)
SCAN = Rate(burst=40, per_second=4)
SCANS_AT_ONCE = 4


class Limits:
    """The rate limits of REST, per worker. Off only for load tests."""

    def __init__(self, enabled: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._enabled = enabled
        self._attempts = Attempts(clock)
        self._refresh = Limiter(REFRESH, clock)
        self._register = Limiter(REGISTER, clock)
        self._write = Limiter(WRITE, clock)
        self._read = Limiter(READ, clock)
        self._scan = Limiter(SCAN, clock)
        self._scanning: Counter[str] = Counter()

    def check_guesses(self, who: Guesser) -> None:
        """Raises TooManyRequests when `who` has sent too many wrong passwords."""
        if self._enabled:
            self._attempts.check(who)

    def guessed_wrong(self, who: Guesser) -> None:
        """Count a wrong password."""
        if self._enabled:
            self._attempts.failed(who)

    def guessing_delay(self, who: Guesser) -> float:
        """How many seconds `who` has to wait before a password is looked at."""
        return self._attempts.delay(who) if self._enabled else 0.0

    def refresh(self, token: str) -> None:
        """Count a refresh of the token's session. Raises TooManyRequests."""
        if self._enabled:
            self._refresh.check(claimed_session(token), "refreshes of your session")

    def register(self, address: str) -> None:
        """Count a new account. Raises TooManyRequests."""
        if self._enabled:
            self._register.check(limited_as(address), "new accounts from your network")

    def register_failed(self, address: str) -> None:
        """Count one account less."""
        if self._enabled:
            self._register.give_back(limited_as(address))

    def write(self, who: Identity) -> None:
        """Count a change. Raises TooManyRequests."""
        if self._enabled:
            self._write.check(str(who.user_id), "changes in a short time")

    def read(self, address: str) -> None:
        """Count a request. Raises TooManyRequests."""
        if self._enabled:
            self._read.check(limited_as(address), "requests from your address")

    @contextmanager
    def scan(self, address: str) -> Iterator[None]:
        """Count a search while it lasts. Raises TooManyRequests."""
        who = limited_as(address)
        if self._enabled:
            self._scan.check(who, "searches from your address")
            if self._scanning[who] >= SCANS_AT_ONCE:
                raise TooManyRequests("Wait for the end of your other searches.", retry_after=1)
        self._scanning[who] += 1
        try:
            yield
        finally:
            self._scanning[who] -= 1
            if not self._scanning[who]:
                del self._scanning[who]


class Services(Struct, frozen=True):
    """One worker's parts, made by `create_app`."""

    settings: Settings
    database: Database
    hub: Hub
    tokens: AccessTokens
    limits: Limits
    ranger: Ranger
    hashing: Hashing
    devices: DeviceNotes


async def scan(unit: Callable[[Transaction], T]) -> T:
    """Read what costs the more the more is stored, within the asker's share. Raises TooManyRequests or Unavailable."""
    with services().limits.scan(requester_address()):
        return await services().database.scan(unit)


def services_of(app: Quart) -> Services:
    """The services of an app."""
    services = app.extensions["hub"]
    assert isinstance(services, Services)
    return services


def services() -> Services:
    """The services of the app that handles this request."""
    return services_of(current_app)


def identity_or_none() -> Identity | None:
    """The member who asks, None for a guest. Raises Unauthorized for a bad token."""
    header = request.headers.get("Authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token or len(token) > 4096:
        raise Unauthorized("Send the access token as `Authorization: Bearer TOKEN`.")
    return services().hub.authenticate(token.strip())


def member() -> Identity:
    """The member who asks. Raises Unauthorized."""
    who = identity_or_none()
    if who is None:
        raise Unauthorized("Log in to do this.")
    return who


def writer() -> Identity:
    """The member who asks for a change, within the rate limit. Raises Unauthorized or TooManyRequests."""
    who = member()
    services().limits.write(who)
    return who


def with_role(*roles: Role) -> Identity:
    """The member who asks, with one of `roles`. Raises Unauthorized or Forbidden."""
    who = member()
    if who.role not in roles:
        raise Forbidden(f"This is for: {', '.join(roles)}.")
    return who


def requester() -> Visitor:
    """Who sent this request, and over which scheme."""
    found: Visitor | None = g.get("requester")
    if found is None:
        said = Forwarding(_header("X-Forwarded-For"), _header("X-Forwarded-Proto"), _header("Forwarded"))
        found = visitor(request.remote_addr, request.scheme, said, services().settings.trusted_proxies)
        g.requester = found
    return found


def requester_address() -> str:
    """The address of the client of this request."""
    return requester().address


def _header(name: str) -> str | None:
    """All of a header's lines: some proxies add one of their own behind the visitor's."""
    return ",".join(request.headers.getlist(name)) or None
