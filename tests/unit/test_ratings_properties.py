"""Whatever members do, the kept counts are what a plain recount of the ratings gives."""

import sqlite3
from collections import Counter

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from hub.errors import HubError, invalid_field
from hub.model import AnalyticsInput, ChannelInput, ReviewEdit, ReviewInput, rating_of
from hub.store import accounts, analytics, channels, ratings, reviews, summary, votes
from hub.store.log import ChannelRef
from hub.store.migrations import migrations, statements
from hub.store.sqlite_session import SqliteTransaction
from hub.tokens import Identity

PARKS = ("denali", "zion", "redwood")
MONTHS = ("2026-09", "2026-10", "2026-11")
people = st.integers(0, 3)
parks = st.sampled_from(PARKS)
stars = st.integers(1, 5)
some_stars = st.none() | stars


def empty_database() -> sqlite3.Connection:
    """The real schema, in memory."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys=ON")
    for _, script in migrations("sqlite"):
        for statement in statements(script):
            connection.execute(statement)
    return connection


def test_the_summary_reads_counts_and_never_the_ratings() -> None:
    connection = empty_database()
    statements_run: list[str] = []
    connection.set_trace_callback(statements_run.append)
    summary.read(SqliteTransaction(connection))
    connection.set_trace_callback(None)
    plans = [row["detail"] for sql in statements_run for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")]
    assert {plan.split()[1] for plan in plans if plan.split()[0] in ("SCAN", "SEARCH")} == {"channels", "rating_months"}


class Members(RuleBasedStateMachine):
    """Four members who rate, review, vote and leave, in any order, over three months."""

    @initialize()
    def begin(self) -> None:
        self.connection = empty_database()
        self.tx = SqliteTransaction(self.connection)
        self.number = 0
        self.reviews: list[int] = []
        self.people = [self.newcomer() for _ in range(4)]
        for slug in PARKS:
            channels.create(self.tx, ChannelInput(slug, slug.title(), "Parks", "park"))

    def newcomer(self) -> Identity:
        self.number += 1
        account = accounts.register(self.tx, f"member{self.number}", f"Ada {self.number}", "no password")
        return Identity(account.id, account.username, account.name, account.role, "session", 0.0)

    def channel(self, park: str) -> ChannelRef:
        return channels.find(self.tx, park)

    @rule(month=st.sampled_from(MONTHS))
    def time_passes(self, month: str) -> None:
        self.tx.now = f"{month}-15T12:00:00.000000Z"

    @rule(who=people, park=parks, given=some_stars)
    def rate(self, who: int, park: str, given: int | None) -> None:
        if given is None:
            reviews.unrate(self.tx, self.people[who].user_id, self.channel(park))
        else:
            reviews.rate(self.tx, self.people[who].user_id, self.channel(park), given)

    @rule(who=people, park=parks, given=some_stars)
    def review(self, who: int, park: str, given: int | None) -> None:
        new = ReviewInput("Fine", "Fine.", stars=given)
        self.reviews.append(reviews.create(self.tx, self.people[who], park, new)[0].id)

    @rule(who=people, which=st.integers(0, 20), given=some_stars)
    def edit(self, who: int, which: int, given: int | None) -> None:
        self.attempt(
            lambda one: reviews.update(self.tx, self.people[who], one, ReviewEdit("Ok", "Ok.", {}, given)), which
        )

    @rule(who=people, which=st.integers(0, 20), keep=st.booleans())
    def delete(self, who: int, which: int, keep: bool) -> None:
        self.attempt(lambda one: reviews.delete(self.tx, self.people[who], one, keep_rating=keep), which)

    @rule(who=people, which=st.integers(0, 20), helpful=st.booleans())
    def vote(self, who: int, which: int, helpful: bool) -> None:
        if helpful:
            self.attempt(lambda one: votes.give(self.tx, self.people[who], one), which)
        else:
            self.attempt(lambda one: votes.withdraw(self.tx, self.people[who].user_id, one), which)

    @rule(who=people, entries=st.lists(st.tuples(st.sampled_from((*PARKS, "nowhere")), stars), max_size=8))
    def bulk(self, who: int, entries: list[tuple[str, int]]) -> None:
        given = [AnalyticsInput(park, given) for park, given in entries]
        answer = analytics.create_many(self.tx, self.people[who], [*given, invalid_field("stars", "is missing")])
        assert answer.accepted == sum(park != "nowhere" for park, _ in entries)

    @rule(who=people)
    def leave(self, who: int) -> None:
        accounts.delete(self.tx, self.people[who].user_id)
        self.people[who] = self.newcomer()

    def attempt(self, change: object, which: int) -> None:
        """Do it to one of the reviews; what is not allowed or no longer there changes nothing."""
        if self.reviews:
            self.connection.execute("SAVEPOINT attempt")
            try:
                change(self.reviews[which % len(self.reviews)])  # type: ignore[operator]
            except HubError:
                self.connection.execute("ROLLBACK TO attempt")
            self.connection.execute("RELEASE attempt")

    @invariant()
    def the_histogram_is_what_a_recount_gives(self) -> None:
        for park in PARKS:
            counted = Counter(row["stars"] for row in self.rows("ratings", park))
            assert channels.rating(self.tx, self.channel(park)) == rating_of([counted[n] for n in range(1, 6)])

    @invariant()
    def the_months_are_what_a_recount_gives(self) -> None:
        for one in summary.read(self.tx).items:
            rows = self.rows("ratings", one.channel)
            for month in one.trend:
                given = [row["stars"] for row in rows if row["updated_at"].startswith(month.month)]
                average = round(sum(given) / len(given), 4) if given else None
                assert (month.ratings, month.average) == (len(given), average)
            assert one.reviews == len(self.rows("reviews", one.channel))

    @invariant()
    def a_reviews_stars_are_its_authors_rating(self) -> None:
        for park in PARKS:
            for row in self.rows("reviews", park):
                if row["stars"] is not None:
                    assert row["stars"] == ratings.stars_of(self.tx, row["user_id"], self.channel(park))

    @invariant()
    def helpful_counts_the_votes(self) -> None:
        counted = Counter(row["review_id"] for row in self.tx.all("SELECT review_id FROM helpful_votes"))
        for row in self.tx.all("SELECT id, helpful FROM reviews"):
            assert row["helpful"] == counted[row["id"]]

    def rows(self, table: str, park: str) -> list[sqlite3.Row]:
        alive = " AND deleted_at IS NULL" if table == "reviews" else ""
        sql = f"SELECT * FROM {table} WHERE channel_id = :channel{alive}"
        return self.tx.all(sql, channel=self.channel(park).id)

    def teardown(self) -> None:
        self.connection.close()


TestRatings = Members.TestCase
TestRatings.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
