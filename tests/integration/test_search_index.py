"""What an earlier version of the program wrote, before or beside this one, is found as well. Both engines."""

import pytest
import pytest_asyncio

from hub.store import search, search_index
from hub.store.database import Database, Transaction
from hub.terms import words

CHANNEL = """INSERT INTO channels (slug, name, group_name, kind, epoch)
    VALUES ('denali', 'Denali', 'Alaska', 'park', 'e')"""
MANY = 250


@pytest_asyncio.fixture
async def database(database: Database) -> Database:
    """A database with one channel."""
    await database.write(lambda tx: tx.run(CHANNEL))
    return database


def write_as_before(tx: Transaction) -> None:
    """Write as the version before did, which knows nothing of folded words."""
    for table, text in (("posts", "Sunrise in Hawaiʻi"), ("reviews", "国家公园")):
        for _ in range(MANY):
            tx.run(
                f"""INSERT INTO {table} (channel_id, title, comment, created_at, updated_at)
                SELECT id, 'A title', :text, 'now', 'now' FROM channels""",
                text=text,
            )


async def count(database: Database, asked: str) -> int:
    return len(await database.scan(lambda tx: search.find(tx, words(asked), None, 1_000)))


async def test_what_was_written_before_is_found_after_maintenance_and_only_once_added(database: Database) -> None:
    await database.write(write_as_before)
    assert await search_index.add_missing(database) == 2 * MANY
    assert await search_index.add_missing(database) == 0
    assert await count(database, "Hawaii") == MANY
    assert await count(database, "公园") == MANY


async def test_what_the_version_before_changes_and_deletes_is_found_no_more(database: Database) -> None:
    await database.write(write_as_before)
    await search_index.add_missing(database)
    await database.write(lambda tx: tx.run("UPDATE posts SET comment = 'Marmots' WHERE id % 2 = 0"))
    await database.write(lambda tx: tx.run("DELETE FROM reviews"))
    assert await count(database, "Hawaii") == MANY / 2
    assert await count(database, "公园") == 0
    await search_index.add_missing(database)
    assert await count(database, "marmot") == MANY / 2
    await database.write(lambda tx: tx.run("UPDATE posts SET deleted_at = 'now'"))
    assert await count(database, "marmot") == 0
    assert await search_index.add_missing(database) == 0


async def test_only_the_newest_of_many_are_ranked(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_RANKED", 10)
    await database.write(write_as_before)
    await search_index.add_missing(database)
    found = await database.scan(lambda tx: search.find(tx, ["hawaii"], None, 1_000))
    ids = await database.read(lambda tx: [row["id"] for row in tx.all("SELECT id FROM posts ORDER BY id DESC")])
    assert [hit.id for hit in found] == ids[:10]
