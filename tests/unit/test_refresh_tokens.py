"""Refresh tokens on the real schema: lost answers keep a session, a second holder ends it."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from hub.errors import Unauthorized
from hub.model import rfc3339
from hub.store import accounts
from hub.store.accounts import Login
from hub.store.refresh_tokens import GRACE_SECONDS
from hub.store.sqlite import SqliteTransaction
from tests.unit.test_ratings_properties import empty_database

QUARTER_HOUR = 15 * 60.0


class Server:
    """The store with one member, on a clock that the test moves; each call is one unit of work."""

    def __init__(self) -> None:
        self.connection = empty_database()
        self.tx = SqliteTransaction(self.connection)
        member = accounts.register(self.tx, "ada", "Ada", "no password")
        self.first = accounts.begin_session(self.tx, member.id).refresh_token

    def refresh(self, token: str, *, shared: bool = False) -> str | None:
        """The next token, None when the session was ended or the token is refused."""
        try:
            login: Login | None = accounts.rotate(self.tx, token, shared=shared)
        except Unauthorized:
            return None
        return None if login is None else login.refresh_token

    def wait(self, seconds: float) -> None:
        self.tx.now = rfc3339(datetime.fromisoformat(self.tx.now) + timedelta(seconds=seconds))

    @property
    def is_over(self) -> bool:
        row = self.tx.one("SELECT count(*) AS living FROM sessions WHERE ended_at IS NULL")
        return row is not None and row["living"] == 0


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.connection.close()


def renewed(server: Server, token: str, *, shared: bool = False) -> str:
    following = server.refresh(token, shared=shared)
    assert following is not None
    return following


def test_a_token_whose_answer_was_lost_gives_another_and_the_unused_one_is_void(server: Server) -> None:
    lost = renewed(server, server.first)
    server.wait(GRACE_SECONDS - 1)
    found = renewed(server, server.first)
    assert found != lost
    assert server.refresh(lost) is None
    assert not server.is_over
    renewed(server, found)


def test_answers_may_be_lost_as_often_as_they_like_within_the_minute(server: Server) -> None:
    for _ in range(20):
        last = renewed(server, server.first)
    assert server.refresh(renewed(server, last)) is not None


def test_the_minute_begins_with_the_first_use_and_is_not_prolonged(server: Server) -> None:
    for _ in range(3):
        renewed(server, server.first)
        server.wait(GRACE_SECONDS / 3 + 0.1)
    assert server.refresh(server.first) is None
    assert server.is_over


@pytest.mark.parametrize("shared", [False, True])
def test_a_token_whose_successor_was_used_ends_the_session(server: Server, shared: bool) -> None:
    second = renewed(server, server.first, shared=shared)
    third = renewed(server, second, shared=shared)
    assert server.refresh(server.first, shared=shared) is None
    assert server.is_over
    assert server.refresh(third, shared=shared) is None


@pytest.mark.parametrize("shared", [False, True])
def test_a_void_token_whose_sibling_was_used_ends_the_session(server: Server, shared: bool) -> None:
    lost = renewed(server, server.first)
    renewed(server, renewed(server, server.first))
    assert server.refresh(lost, shared=shared) is None
    assert server.is_over


def test_a_token_that_an_earlier_version_used_ends_the_session(server: Server) -> None:
    renewed(server, server.first)
    server.tx.run("UPDATE refresh_tokens SET parent = NULL")
    assert server.refresh(server.first) is None
    assert server.is_over


class WeakSignal(RuleBasedStateMachine):
    """One browser with several tabs and one cookie: requests and answers wait, overtake each other and get lost.

    Its one rule: a fresh token is not refreshed again while an older refresh is under way.
    """

    @initialize()
    def begin(self) -> None:
        self.server = Server()
        self.cookie = self.server.first
        self.requests: list[str] = []
        self.answers: list[str] = []
        self.first_use: dict[str, float] = {}
        self.now = 0.0

    def teardown(self) -> None:
        if hasattr(self, "server"):
            self.server.connection.close()

    @precondition(lambda self: len(self.requests) < 4)
    @precondition(lambda self: set(self.requests) <= {self.cookie})
    @precondition(lambda self: not self.answers or self.cookie in self.first_use)
    @rule()
    def send(self) -> None:
        self.requests.append(self.cookie)

    @precondition(lambda self: self.requests)
    @rule(which=st.integers(0, 3))
    def arrive(self, which: int) -> None:
        token = self.requests.pop(which % len(self.requests))
        self.first_use.setdefault(token, self.now)
        following = self.server.refresh(token, shared=True)
        assert following is not None, "an honest browser was logged out"
        self.answers.append(following)

    @precondition(lambda self: self.answers)
    @rule(which=st.integers(0, 3), lost=st.booleans())
    def answer(self, which: int, lost: bool) -> None:
        token = self.answers.pop(which % len(self.answers))
        if not lost:
            self.cookie = token

    @precondition(lambda self: self.requests)
    @rule(which=st.integers(0, 3))
    def lose(self, which: int) -> None:
        self.requests.pop(which % len(self.requests))

    @rule(seconds=st.floats(0, QUARTER_HOUR))
    def wait(self, seconds: float) -> None:
        waiting = {self.cookie, *self.requests}
        until = min((self.first_use[one] + GRACE_SECONDS for one in waiting if one in self.first_use), default=1e9)
        passed = min(seconds, until - self.now)
        self.now += passed
        self.server.wait(passed)


WeakSignal.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
test_weak_signal_never_logs_out = WeakSignal.TestCase


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.floats(0, QUARTER_HOUR)), max_size=12), st.booleans())
def test_two_who_hold_a_token_never_share_its_session_for_long(turns: list[tuple[int, float]], shared: bool) -> None:
    server = Server()
    tokens: list[str | None] = [server.first, server.first]

    def refresh(who: int) -> None:
        token = tokens[who]
        tokens[who] = None if token is None else server.refresh(token, shared=shared)

    for who, seconds in turns:
        server.wait(seconds)
        refresh(who)
    for _ in range(2):
        for who in (0, 1):
            server.wait(GRACE_SECONDS + 1)
            refresh(who)
    server.connection.close()
    assert None in tokens
