"""The sockets of this worker, by session and by address, and the sessions that have ended."""

from collections import Counter
from collections.abc import Callable, Iterable

from hub.addresses import limited_as
from hub.channels.session import Session
from hub.errors import TooManyRequests
from hub.ratelimit import Limiter, Rate
from hub.tokens import ACCESS_SECONDS, Identity

SOCKETS_PER_ADDRESS = 200
SOCKETS_PER_MEMBER = 60
# All of one address may come back twice in a row, after a restart of all workers.
HANDSHAKES = Rate(burst=400, per_second=10)
BAD_TOKENS = Rate(burst=20, per_second=1 / 5)
REMEMBER_SECONDS = ACCESS_SECONDS + 60


class Registry:
    """Counts sockets and finds those of a session."""

    def __init__(self, clock: Callable[[], float], limits: bool) -> None:
        self.sockets: set[Session] = set()
        self._clock = clock
        self._limits = limits
        self._by_session: dict[str, set[Session]] = {}
        self._by_address: Counter[str] = Counter()
        self._by_member: Counter[int] = Counter()
        self._handshakes = Limiter(HANDSHAKES, clock)
        self._bad_tokens = Limiter(BAD_TOKENS, clock)
        self._ended: dict[str, float] = {}

    def check_room(self, address: str) -> None:
        """Raises TooManyRequests when the address has as many sockets as one may have."""
        if self._limits and self._by_address[limited_as(address)] >= SOCKETS_PER_ADDRESS:
            raise TooManyRequests("Too many connections from your address: close some tabs.", retry_after=30)

    def count_handshake(self, address: str) -> None:
        """Count an attempt to open a socket, whatever comes of it. Raises TooManyRequests."""
        if self._limits:
            self._handshakes.check(limited_as(address), "new connections from your address")

    def count_bad_token(self, address: str) -> None:
        """Count a token that was refused: good ones are taken however many bad ones come. Raises TooManyRequests."""
        if self._limits:
            self._bad_tokens.check(limited_as(address), "bad tokens from your address")

    def add(self, socket: Session) -> None:
        """Count a socket. Raises TooManyRequests when others of its address have come while it was let in."""
        self.check_room(socket.address)
        self.sockets.add(socket)
        self._by_address[limited_as(socket.address)] += 1

    def remove(self, socket: Session) -> None:
        """Count a socket no longer."""
        self.sockets.discard(socket)
        address = limited_as(socket.address)
        self._by_address[address] -= 1
        if not self._by_address[address]:
            del self._by_address[address]
        if socket.identity is not None:
            self._leave_session(socket, socket.identity)

    def identify(self, socket: Session, identity: Identity) -> None:
        """The socket belongs to a member's session from here on.

        Raises TooManyRequests when the member has as many as one may have.
        """
        if socket.identity is not None:
            self._leave_session(socket, socket.identity)
        elif self._limits and self._by_member[identity.user_id] >= SOCKETS_PER_MEMBER:
            raise TooManyRequests("You have too many connections: close some tabs.", retry_after=30)
        socket.identity = identity
        self._by_member[identity.user_id] += 1
        self._by_session.setdefault(identity.session, set()).add(socket)

    def end_sessions(self, sessions: Iterable[str]) -> list[Session]:
        """Remember that these have ended; returns their sockets."""
        now = self._clock()
        sockets: list[Session] = []
        for session in sessions:
            self._ended[session] = now
            sockets += self._by_session.get(session, ())
        return sockets

    def has_ended(self, session: str) -> bool:
        """Whether the session was ended while its access tokens could still be good."""
        return session in self._ended

    def forget_old(self) -> None:
        """Forget the sessions whose last access token is over by itself."""
        before = self._clock() - REMEMBER_SECONDS
        self._ended = {session: at for session, at in self._ended.items() if at > before}

    def _leave_session(self, socket: Session, identity: Identity) -> None:
        self._by_member[identity.user_id] -= 1
        if not self._by_member[identity.user_id]:
            del self._by_member[identity.user_id]
        sockets = self._by_session.get(identity.session)
        if sockets is not None:
            sockets.discard(socket)
            if not sockets:
                del self._by_session[identity.session]
