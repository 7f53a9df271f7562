"""Work that grows with what is stored: no unit changes more than a hundred rows, and the steps come to an end."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from hub.events import Envelope
from hub.model import ChannelInput, PostInput, ReviewInput
from hub.store import accounts, channels, closing, leaving, log, posts, ratings, reviews, votes
from hub.store.database import SLICE, Transaction
from hub.store.migrations import migrate_sqlite
from hub.store.sqlite import SqliteTransaction
from hub.tokens import Identity

T = TypeVar("T")

MANY = 2 * SLICE + 50
# What hangs on a row of a step: its log entries, its counts, its search index.
PER_ROW = 12


class Units:
    """Runs units as the store does, and counts the rows that each changes."""

    def __init__(self, path: Path) -> None:
        migrate_sqlite(path)
        self.connection = sqlite3.connect(path, isolation_level=None)
        self.connection.row_factory = sqlite3.Row
        self.connection.execute("PRAGMA foreign_keys=ON")
        self.events: list[Envelope] = []
        self.largest = 0

    def run(self, unit: Callable[[Transaction], T]) -> T:
        before = self.connection.total_changes
        self.connection.execute("BEGIN")
        tx = SqliteTransaction(self.connection)
        result = unit(tx)
        self.connection.execute("COMMIT")
        self.events += [one for one in tx.announcements if isinstance(one, Envelope)]
        self.largest = max(self.largest, self.connection.total_changes - before)
        return result

    def steps(self, step: Callable[[Transaction], bool]) -> int:
        """Run `step` to its end; how many units that took."""
        self.largest, count = 0, 1
        while self.run(step):
            count += 1
            assert count < 1_000
        return count

    def count(self, sql: str) -> int:
        return int(self.connection.execute(f"SELECT count(*) FROM {sql}").fetchone()[0])


@pytest.fixture
def units(tmp_path: Path) -> Iterator[Units]:
    made = Units(tmp_path / "hub.db")
    made.run(lambda tx: channels.create(tx, ChannelInput(slug="denali", name="Denali", group="Parks")))
    yield made
    made.connection.close()


def member(units: Units, name: str) -> Identity:
    account = units.run(lambda tx: accounts.register(tx, name, name.title(), "hash"))
    return Identity(account.id, name, name.title(), "visitor", f"s-{name}", 4e9)


def busy_member(units: Units) -> Identity:
    ada, ben = member(units, "ada"), member(units, "ben")
    for _ in range(MANY):
        units.run(lambda tx: posts.create(tx, ada, "denali", PostInput("Snow", "Deep.")))
        units.run(lambda tx: reviews.create(tx, ada, "denali", ReviewInput("Fine", "Fine.", stars=4)))
        liked = units.run(lambda tx: reviews.create(tx, ben, "denali", ReviewInput("Fine", "Fine.")))[0]
        units.run(lambda tx, liked=liked: votes.give(tx, ada, liked.id))
    units.events.clear()
    return ada


def test_an_account_ends_in_steps(units: Units) -> None:
    ada = busy_member(units)
    begun = units.run(lambda tx: accounts.delete(tx, ada.user_id))
    assert begun
    assert units.run(leaving.unfinished) == [ada.user_id]
    assert units.steps(lambda tx: leaving.go_on(tx, ada.user_id)) >= 3 * MANY // SLICE - 1
    assert units.largest <= PER_ROW * SLICE
    assert units.run(leaving.unfinished) == []
    assert units.count("users WHERE username = 'ada'") == 0
    assert units.count("posts WHERE user_id IS NULL") == units.count("reviews WHERE user_id IS NULL") == MANY
    assert units.count("helpful_votes") == units.count("ratings") == units.count("reviews WHERE helpful > 0") == 0
    assert units.count("event_log WHERE event LIKE '%\"ada\"%'") == 0
    assert len(units.events) < MANY + 3 * MANY // SLICE + 10


def test_a_channel_ends_in_steps(units: Units) -> None:
    busy_member(units)
    channel = units.run(lambda tx: channels.delete(tx, "denali"))
    assert units.run(closing.unfinished) == [channel]
    units.steps(lambda tx: closing.go_on(tx, channel))
    assert units.largest <= PER_ROW * SLICE
    assert units.run(closing.unfinished) == []
    for table in ("posts", "reviews", "ratings", "event_log", "helpful_votes", "rating_months"):
        assert units.count(table) == 0, table


def test_many_reviews_follow_their_authors_rating_in_steps(units: Units) -> None:
    ada = busy_member(units)
    channel = units.run(lambda tx: channels.find(tx, "denali"))
    units.largest = 0
    units.run(lambda tx: reviews.rate(tx, ada.user_id, channel, 2))
    assert units.largest <= PER_ROW * SLICE
    assert units.count("reviews WHERE stars = 2") == SLICE
    units.steps(reviews.follow_on)
    assert units.largest <= PER_ROW * SLICE
    assert units.count("reviews WHERE stars = 2") == MANY
    units.run(lambda tx: reviews.unrate(tx, ada.user_id, channel))
    units.steps(reviews.follow_on)
    assert units.count("reviews WHERE stars IS NOT NULL") == units.count("star_changes") == 0
    assert units.run(lambda tx: ratings.stars_of(tx, ada.user_id, channel)) is None


def test_the_log_is_trimmed_in_steps(units: Units, monkeypatch: pytest.MonkeyPatch) -> None:
    busy_member(units)
    monkeypatch.setattr(log, "KEEP", 30)
    head = units.run(lambda tx: log.head(tx, "denali"))
    assert head is not None
    units.steps(log.trim)
    assert units.largest <= SLICE
    assert units.count(f"event_log WHERE seq <= {head.seq - 30}") == 0
    assert units.count("event_log") == 30


def test_old_sessions_are_forgotten_in_steps(units: Units) -> None:
    ada = member(units, "ada")
    kept = units.run(lambda tx: accounts.begin_session(tx, ada.user_id))
    for _ in range(MANY):
        units.run(lambda tx: accounts.begin_session(tx, ada.user_id))
    over = "2020-01-01T00:00:00.000000Z"
    units.connection.execute("UPDATE refresh_tokens SET expires_at = ? WHERE session_id <> ?", (over, kept.session))
    for _ in range(MANY):
        ended = units.run(lambda tx: accounts.begin_session(tx, ada.user_id))
        units.connection.execute("UPDATE sessions SET ended_at = ? WHERE id = ?", (over, ended.session))
    units.steps(accounts.forget_old_sessions)
    assert units.largest <= 4 * SLICE
    assert [row["id"] for row in units.connection.execute("SELECT id FROM sessions")] == [kept.session]
    assert units.count("refresh_tokens") == 1


def test_a_new_name_is_one_row_for_each_channel_however_much_was_written(units: Units) -> None:
    ada = busy_member(units)
    units.largest = 0
    units.run(lambda tx: accounts.change(tx, ada.user_id, "s", "Ada of the Hills", None))
    assert units.largest <= 4
    assert len(units.events) == 1
