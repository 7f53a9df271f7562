"""Limits on guessing passwords, made so that nobody can lock a member out.

Only failures count: for a name from one network, and for a network. A browser that the member logged in with before has
limits of its own. Failures for a name from everywhere together only slow down those whom the hub does not know.
"""

from collections.abc import Callable

from msgspec import Struct

from hub.addresses import limited_as
from hub.ratelimit import Limiter, Rate

GUESSES = Rate(burst=10, per_second=1 / 10)
NETWORK = Rate(burst=50, per_second=1 / 5)
NAME = Rate(burst=30, per_second=1 / 30)
UNSLOWED = 5
FIRST_DELAY = 0.1
LONGEST_DELAY = 2.0
WHAT = "wrong passwords"


class Guesser(Struct, frozen=True):
    """Who tries a password, by the keys that their failures count for; no `name` for one who is known here."""

    own: str
    network: str = ""
    name: str = ""


class Attempts:
    """Counts wrong passwords, per worker. Times are in seconds of a monotonic clock."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._guesses = Limiter(GUESSES, clock)
        self._networks = Limiter(NETWORK, clock)
        self._names = Limiter(NAME, clock)

    @staticmethod
    def stranger(address: str, username: str) -> Guesser:
        """Somebody who logs in as `username` for the first time with this browser."""
        network, name = limited_as(address), username.casefold()
        return Guesser(f"name {network} {name}", network, name)

    @staticmethod
    def known_browser(number: str) -> Guesser:
        """A browser that the member has logged in with before."""
        return Guesser(f"browser {number}")

    @staticmethod
    def session(session: str) -> Guesser:
        """A session whose member is asked for the password again."""
        return Guesser(f"session {session}")

    def check(self, who: Guesser) -> None:
        """Raises TooManyRequests when `who` has guessed too often."""
        self._guesses.check_room(who.own, WHAT)
        if who.network:
            self._networks.check_room(who.network, f"{WHAT} from your network")

    def failed(self, who: Guesser) -> None:
        """Count a wrong password."""
        self._guesses.wait_for(who.own)
        if who.network:
            self._networks.wait_for(who.network)
        if who.name:
            self._names.wait_for(who.name)

    def delay(self, who: Guesser) -> float:
        """How many seconds `who` waits before the password is looked at: more after each failure, and never long."""
        failures = self._names.counted(who.name) - UNSLOWED if who.name else 0
        return 0.0 if failures <= 0 else min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(failures, 16))
