"""How long the summary over all channels takes with a million ratings: `python -m bench.summary`.

Fills a fresh SQLite file with the catalogue and the ratings, their counts kept as the hub keeps them, and reads the
summary through the hub's own store: from the database alone, and encoded as JSON.
"""

import asyncio
import random
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path

import msgspec

from hub.seeding import add_channels
from hub.store import summary
from hub.store.sqlite import SqliteDatabase

RATINGS = 1_000_000
ROUNDS = 200


def fill(path: Path, channels: list[int]) -> None:
    """Give every member a rating of some channels, spread over fourteen months."""
    connection = sqlite3.connect(path)
    chance = random.Random(1)
    members = RATINGS // len(channels) + 1
    connection.executemany(
        "INSERT INTO users (id, username, name, password_hash, created_at) VALUES (?, ?, 'A member', '', '')",
        ((n, f"member{n}") for n in range(1, members + 1)),
    )
    months = [f"{2025 + n // 12}-{n % 12 + 1:02}" for n in range(9, 23)]
    pairs = ((channel, member) for channel in channels for member in range(1, members + 1))
    rows = (
        (
            channel,
            member,
            chance.choices(range(1, 6), (1, 2, 4, 8, 9))[0],
            f"{chance.choice(months)}-15T12:00:00.000000Z",
        )
        for (channel, member), _ in zip(pairs, range(RATINGS), strict=False)
    )
    connection.executemany(
        "INSERT INTO ratings (channel_id, user_id, stars, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?4)", rows
    )
    for stars in range(1, 6):
        counted = f"SELECT COUNT(*) FROM ratings WHERE channel_id = channels.id AND stars = {stars}"
        connection.execute(f"UPDATE channels SET stars_{stars} = ({counted})")
    connection.execute(
        """INSERT INTO rating_months SELECT channel_id, substr(updated_at, 1, 7), COUNT(*), SUM(stars) FROM ratings
        GROUP BY 1, 2"""
    )
    connection.commit()
    connection.close()


async def measure(path: Path) -> None:
    """Fill, read many times, and print the figures."""
    database = SqliteDatabase(path, lambda announcements: None)
    await database.migrate()
    await database.open()
    await database.write(add_channels)
    channels = await database.read(lambda tx: [row["id"] for row in tx.all("SELECT id FROM channels")])
    fill(path, channels)
    from_database, as_json = [], []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        found = await database.read(summary.read)
        from_database.append(time.perf_counter() - started)
        msgspec.json.encode(found)
        as_json.append(time.perf_counter() - started)
    size = len(msgspec.json.encode(found)) / 1024
    print(f"{len(found.items)} channels, {found.total.ratings:,} ratings, {size:.0f} KiB of JSON")
    for name, times in (("from the database", from_database), ("with its JSON", as_json)):
        worst = statistics.quantiles(times, n=100)[98]
        print(f"{name}: {statistics.median(times) * 1000:.2f} ms median, {worst * 1000:.2f} ms p99")
    await database.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder) / "hub.db"))
