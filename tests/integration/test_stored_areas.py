"""Areas as the store keeps them, on both engines: one cell for all channels, no write while it stays, nothing lost."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
import pytest_asyncio

from hub.areas import MOST_DELAY_SECONDS
from hub.geo import DEGREE_KILOMETRES, HEIGHT
from hub.locations import Location, LocationInput
from hub.model import ChannelInput, rfc3339
from hub.store import accounts, areas, channels, locations
from hub.store.database import Database, Transaction
from hub.store.engines import database_at
from tests.services import PostgresCluster

T = TypeVar("T")
BORDER = 3400 * HEIGHT - 90
BEGIN = datetime(2026, 6, 1, tzinfo=UTC)


class Watched:
    """A member and the two channels that somebody watches; time is what the test says."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.seconds = 0.0
        self.user = 0

    async def begin(self) -> None:
        def unit(tx: Transaction) -> int:
            for slug in ("denali", "zion"):
                channels.create(tx, ChannelInput(slug, slug, "Tests"))
            return accounts.register(tx, "ada", "Ada", "-").id

        self.user = await self.database.write(unit)

    async def share(self, north_km: float, channel: str = "denali", **more: Any) -> Location:
        new = LocationInput(BORDER + north_km / DEGREE_KILOMETRES, -151.0, **more)
        return await self._at_time(lambda tx: locations.put(tx, channel, self.user, new))

    async def stop(self, channel: str = "denali") -> None:
        await self._at_time(lambda tx: locations.remove(tx, channel, self.user))

    async def shown(self) -> dict[str, tuple[float, float]]:
        everywhere = await self._at_time(locations.everywhere)
        return {channel: (location.latitude, location.longitude) for channel, location in everywhere}

    async def version(self) -> str:
        return await self._at_time(lambda tx: locations.version(tx, "denali"))

    async def rows(self) -> list[Any]:
        return await self.database.read(lambda tx: [dict(row) for row in tx.all("SELECT * FROM areas")])

    async def _at_time(self, unit: Callable[[Transaction], T]) -> T:
        def then(tx: Transaction) -> T:
            tx.now = rfc3339(BEGIN + timedelta(seconds=self.seconds))
            return unit(tx)

        return await self.database.write(then)


@pytest_asyncio.fixture(params=["sqlite", "postgres"])
async def ada(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Watched]:
    """A member of a hub on each engine."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'hub.db'}"
    else:
        cluster: PostgresCluster = request.getfixturevalue("postgres")
        url = cluster.create_database()
    database = database_at(url, lambda _: None)
    await database.migrate()
    await database.open()
    watched = Watched(database)
    await watched.begin()
    yield watched
    await database.close()


async def test_while_the_cell_stays_nothing_of_it_changes(ada: Watched) -> None:
    first = await ada.share(-1.0)
    version, rows = await ada.version(), await ada.rows()
    for step in range(20):
        ada.seconds += 30
        assert await ada.share(-1.0 + step / 1_000) == first
    assert await ada.version() == version
    assert await ada.rows() == rows


async def test_the_end_of_an_area_is_a_full_minute_and_says_not_when_the_device_spoke(ada: Watched) -> None:
    ada.seconds = 12.345
    first = await ada.share(-1.0, expires_in=900)
    assert first.expires_at == "2026-06-01T00:16:00.000000Z"
    ada.seconds = 20
    assert await ada.share(-1.0, expires_in=900) == first


async def test_a_changed_cell_is_shown_late_and_in_all_channels_at_the_same_moment(ada: Watched) -> None:
    before = await ada.share(-1.5)
    await ada.share(-1.5, "zion")
    version = await ada.version()
    ada.seconds = 1_000
    assert await ada.share(4.0) == before
    [row] = await ada.rows()
    due = datetime.fromisoformat(row["due_at"])
    ada.seconds = (due - BEGIN).total_seconds() - 0.001
    assert set((await ada.shown()).values()) == {(before.latitude, before.longitude)}
    assert await ada.version() == version
    ada.seconds += 0.002
    shown = await ada.shown()
    assert len(set(shown.values())) == 1
    assert shown["denali"][0] > before.latitude
    assert await ada.version() == f"1@{row['due_at']}"
    told = await ada.share(4.0)
    assert (told.latitude, told.updated_at) == (shown["denali"][0], row["due_at"])


async def test_stopping_and_sharing_again_over_a_border_changes_nothing_at_once(ada: Watched) -> None:
    before = await ada.share(-1.5)
    cells = set()
    for step in range(10):
        await ada.stop()
        ada.seconds += 3
        cells.add((await ada.share(-1.5 if step % 2 else 3.9)).latitude)
    assert cells == {before.latitude}


async def test_switching_between_exact_and_area_moves_no_cell(ada: Watched) -> None:
    before = await ada.share(-0.1)
    for step in range(10):
        ada.seconds += 30
        exact = await ada.share(0.1, precision="exact")
        assert exact.latitude == pytest.approx(BORDER + 0.1 / DEGREE_KILOMETRES, abs=1e-6)
        ada.seconds += 30
        assert (await ada.share(0.1 - step / 1_000)).latitude == before.latitude


async def test_an_exact_spot_is_in_no_row_once_an_area_is_shared(ada: Watched) -> None:
    await ada.share(0.123, precision="exact")
    await ada.share(0.123)
    there = await ada.database.read(lambda tx: tx.all("SELECT latitude, longitude FROM locations"))
    kept = [value for row in [*there, *await ada.rows()] for value in dict(row).values() if isinstance(value, float)]
    assert kept
    assert not any(abs(value - BORDER) < 0.002 for value in kept)


async def test_a_day_after_the_last_share_the_cell_is_forgotten_and_the_secret_is_not(ada: Watched) -> None:
    await ada.share(-1.0)
    await ada.stop()
    [before] = await ada.rows()
    ada.seconds += 24 * 3600 - 10
    await ada._at_time(areas.forget_old)
    assert await ada.rows() == [before]
    ada.seconds += 20
    await ada._at_time(areas.forget_old)
    [after] = await ada.rows()
    assert (after["shown_row"], after["changed_at"], after["due_at"]) == (None, "", None)
    assert after["secret"] == before["secret"]


async def test_an_account_that_goes_takes_its_area_along(ada: Watched) -> None:
    await ada.share(-1.0)
    await ada.database.write(lambda tx: accounts.delete(tx, ada.user))
    assert await ada.rows() == []


async def test_who_comes_back_after_a_while_is_shown_at_once_where_they_are(ada: Watched) -> None:
    before = await ada.share(-1.0)
    await ada.stop()
    ada.seconds += MOST_DELAY_SECONDS + 1
    assert (await ada.share(30.0)).latitude > before.latitude + 0.2
