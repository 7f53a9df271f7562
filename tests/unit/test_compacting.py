"""What is erased is in no part of the file any more, the unused parts that rows were moved out of included."""

import random
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest_asyncio

from hub import seeding
from hub.model import PostEdit, PostInput
from hub.store import accounts, posts
from hub.store.sqlite import COMPACT_BYTES, SqliteDatabase
from hub.tokens import Identity

POSTS = 400


@pytest_asyncio.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    database = SqliteDatabase(tmp_path / "hub.db", lambda _: None, checkpoints=True)
    await database.migrate()
    await database.open()
    await database.write(seeding.add_channels)
    yield database
    await database.close()


async def member(database: SqliteDatabase) -> Identity:
    account = await database.write(lambda tx: accounts.register(tx, "ada", "Ada", "hash"))
    return Identity(account.id, "ada", "Ada", "visitor", "session", 4e9)


async def write_here_and_there(database: SqliteDatabase, who: Identity) -> list[tuple[int, str]]:
    """Posts with a word of their own each, in channels by turns, so that the log's rows have to be moved."""
    chance = random.Random(5)
    slugs = [row["slug"] for row in await database.read(lambda tx: tx.all("SELECT slug FROM channels LIMIT 12"))]
    written = []
    for number in range(POSTS):
        word = f"xylophone{number:05}"
        new = PostInput(title=word, comment=f"{word} " * chance.randint(3, 40), client_id=uuid4())
        post, _ = await database.write(lambda tx, new=new: posts.create(tx, who, chance.choice(slugs), new))
        written.append((post.id, word))
        if number % 5 == 0:
            edit = PostEdit(title=word, comment=f"{word} " * chance.randint(3, 60))
            await database.write(lambda tx, post=post, edit=edit: posts.update(tx, who, post.id, edit))
    chance.shuffle(written)
    return written


async def test_a_small_file_is_written_anew_without_what_was_erased(database: SqliteDatabase, tmp_path: Path) -> None:
    who = await member(database)
    written = await write_here_and_there(database, who)
    erased, kept = written[: POSTS // 2], written[POSTS // 2 :]
    for post_id, _ in erased:
        await database.write(lambda tx, post_id=post_id: posts.delete(tx, who, post_id))
    await database.compact()
    for _ in range(3):
        await database.checkpoint()
    whole = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert len(whole) < COMPACT_BYTES
    assert {word for _, word in erased if f"{word} {word}".encode() in whole} == set()
    assert all(word.encode() in whole for _, word in kept)
    assert await database.read(lambda tx: posts.get(tx, kept[0][0]).title) == kept[0][1]
