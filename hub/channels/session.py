"""A websocket of somebody: `hello` first and once, fresh tokens on the living socket, pings, errors with an `id`."""

from typing import Any, ClassVar, Protocol

import msgspec

from hub.channels import codes
from hub.channels.connection import PING_SECONDS, Connection, Deadline, State, Surroundings
from hub.channels.frames import text_frame
from hub.errors import HubError, Unauthorized
from hub.model import User
from hub.protocol import Ack, Auth, ErrorFrame, FrameId, Goodbye, Hello, Ping, Pong, encode
from hub.tokens import Identity

HELLO_SECONDS = 10


class Sessions(Surroundings, Protocol):
    """What a session's socket needs of its worker."""

    def authenticate(self, token: str) -> Identity:
        """Who the token speaks for. Raises Unauthorized."""

    def wall_clock(self) -> float:
        """Seconds since 1970."""

    def socket_opened(self, socket: "Session") -> None:
        """Count a socket. Raises TooManyRequests."""

    def socket_closed(self, socket: "Session") -> None:
        """Count it no longer, and log its end."""

    def socket_identified(self, socket: "Session", identity: Identity) -> None:
        """From here on the socket belongs to a member. Raises TooManyRequests."""

    def token_refused(self, address: str) -> None:
        """A socket came with a bad token. Raises TooManyRequests."""


class Session(Connection):
    """The part of the protocol that channels and chats share."""

    __slots__ = ("greeted", "identity", "opened_at", "sessions")

    decoder: ClassVar[msgspec.json.Decoder[Any]]

    def __init__(self, sessions: Sessions, address: str) -> None:
        super().__init__(sessions, address)
        self.sessions = sessions
        self.identity: Identity | None = None
        self.greeted = False
        self.opened_at = self.heard
        sessions.socket_opened(self)
        sessions.wheel.schedule(HELLO_SECONDS, (self, Deadline.HELLO))

    @property
    def is_open(self) -> bool:
        """Whether frames may still be sent."""
        return self.state is State.OPEN

    @property
    def path(self) -> str:
        """What the socket is open on, for the log."""
        raise NotImplementedError

    @property
    def user(self) -> User | None:
        """The member on this socket, None for a guest."""
        who = self.identity
        return None if who is None else User(who.username, who.name, who.role)

    def hello(self, frame: Hello) -> None:
        """The first frame has come, and its token is good. Raises HubError to close."""
        raise NotImplementedError

    def frame_received(self, frame: Any) -> None:
        """A frame of the subclass's own. Raises HubError to refuse it."""
        raise NotImplementedError

    def send_frame(self, frame: msgspec.Struct) -> None:
        """Send one frame of the protocol."""
        self.send(text_frame(encode(frame)))

    def acknowledge(self, frame_id: FrameId | None, data: dict[str, Any] | None = None) -> None:
        """Answer a frame that had an `id`."""
        if frame_id is not None:
            self.send_frame(Ack(frame_id, data))

    def say_goodbye(self, reason: str, reconnect_in: float) -> None:
        """Announce a planned close and begin it."""
        self.send_frame(Goodbye(reason, round(reconnect_in, 1)))
        self.close(codes.RESTART, reason)

    def text_received(self, text: bytes) -> None:
        try:
            frame = self.decoder.decode(text)
        except (msgspec.MsgspecError, RecursionError) as error:
            self.close(codes.MALFORMED, str(error)[:100])
            return
        except HubError as error:
            self.send_frame(ErrorFrame(error.code, error.detail))
            return
        if isinstance(frame, Hello):
            self._hello(frame)
        elif not self.greeted:
            self.close(codes.NOT_ALLOWED_FRAME, "say hello first")
        else:
            self._handle(frame)

    def due(self, deadline: Deadline) -> None:
        if deadline is Deadline.HELLO:
            if not self.greeted:
                self.close(codes.NO_HELLO, "no hello in time")
        elif deadline is Deadline.TOKEN:
            self._check_token()
        else:
            super().due(deadline)
            if deadline is Deadline.ALIVE:
                self._check_token()

    def ended(self) -> None:
        self.sessions.socket_closed(self)

    def _hello(self, frame: Hello) -> None:
        if self.greeted:
            self.close(codes.NOT_ALLOWED_FRAME, "hello comes once")
            return
        try:
            if frame.token is not None:
                self._identify(self._authenticate(frame.token))
            self.hello(frame)
        except HubError as error:
            self.close(codes.code_of(error), error.detail)
            return
        self.greeted = True

    def _handle(self, frame: Any) -> None:
        frame_id = getattr(frame, "id", None)
        try:
            if isinstance(frame, Ping):
                self.send_frame(Pong(frame_id))
            elif isinstance(frame, Auth):
                self._authenticate_again(frame)
            else:
                self.frame_received(frame)
        except HubError as error:
            self.send_frame(ErrorFrame(error.code, error.detail, frame_id, error.retry_after))

    def _authenticate(self, token: str) -> Identity:
        try:
            return self.sessions.authenticate(token)
        except Unauthorized:
            self.sessions.token_refused(self.address)
            raise

    def _authenticate_again(self, frame: Auth) -> None:
        try:
            identity = self._authenticate(frame.token)
        except HubError as error:
            self.close(codes.code_of(error), error.detail)
            return
        if self.identity is not None and identity.user_id != self.identity.user_id:
            self.close(codes.TOKEN, "this socket belongs to somebody else")
            return
        if self.identity is None:
            self.close(codes.NOT_ALLOWED_FRAME, "a guest's socket stays a guest's: connect again")
            return
        self._identify(identity)
        self.acknowledge(frame.id)

    def _identify(self, identity: Identity) -> None:
        self.sessions.socket_identified(self, identity)
        self._check_token()

    def _check_token(self) -> None:
        if self.identity is None or self.state is not State.OPEN:
            return
        left = self.identity.expires - self.sessions.wall_clock()
        if left <= 0:
            self.close(codes.TOKEN, "the token has ended")
        elif left <= PING_SECONDS + 1:
            self.surroundings.wheel.schedule(left, (self, Deadline.TOKEN))
