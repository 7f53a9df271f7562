"""The sockets of this worker, by session and by address, and the sessions that have ended."""

from collections import Counter
from collections.abc import Callable, Iterable

from hub.addresses import limited_as
from hub.channels.session import Session
from hub.errors import TooManyRequests
from hub.tokens import ACCESS_SECONDS, Identity

SOCKETS_PER_ADDRESS = 200
REMEMBER_SECONDS = ACCESS_SECONDS + 60


class Registry:
    """Counts sockets and finds those of a session."""

    def __init__(self, clock: Callable[[], float], limits: bool) -> None:
        self.sockets: set[Session] = set()
        self._clock = clock
        self._limits = limits
        self._by_session: dict[str, set[Session]] = {}
        self._by_address: Counter[str] = Counter()
        self._ended: dict[str, float] = {}

    def check_room(self, address: str) -> None:
        """Raises TooManyRequests when the address has as many sockets as one may have."""
        if self._limits and self._by_address[limited_as(address)] >= SOCKETS_PER_ADDRESS:
            raise TooManyRequests("Too many connections from your address: close some tabs.", retry_after=30)

    def add(self, socket: Session) -> None:
        """Count a socket."""
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

    def identified(self, socket: Session, before: Identity | None) -> None:
        """The socket belongs to a member's session now."""
        if before is not None:
            self._leave_session(socket, before)
        if socket.identity is not None:
            self._by_session.setdefault(socket.identity.session, set()).add(socket)

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
        sockets = self._by_session.get(identity.session)
        if sockets is not None:
            sockets.discard(socket)
            if not sockets:
                del self._by_session[identity.session]
