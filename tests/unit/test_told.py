"""What was told of each log, kept beside the database: lines that are whole count, and nothing else can go wrong."""

import asyncio
import os
from pathlib import Path

import pytest

from hub.events import Head
from hub.model import ChannelInput
from hub.store import channels, log
from hub.store.database import Transaction
from hub.store.migrations import migrate_sqlite
from hub.store.sqlite import SqliteDatabase
from hub.store.told import LINE, Told, _read
from tests.indoors import event


def new_channel(tx: Transaction) -> str:
    channels.create(tx, ChannelInput(slug="denali", name="Denali", group="Parks"))
    return current(tx).epoch


def current(tx: Transaction) -> Head:
    head = log.head(tx, "denali")
    assert head is not None
    return head


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "hub.db"


async def opened(path: Path) -> SqliteDatabase:
    migrate_sqlite(path)
    database = SqliteDatabase(path, lambda _: None)
    await database.open()
    return database


def test_the_newest_of_each_channel_is_kept_for_the_next_start(path: Path) -> None:
    async def story() -> None:
        database = await opened(path)
        epoch = await database.write(new_channel)
        told = Told(f"sqlite:///{path}", 0)
        await told.begin(database)
        told.note([event(1, epoch), event(2, epoch)])
        told.note([event(3, epoch)])
        told.end()
        file = path.with_name("hub.db-told-0")
        assert file.stat().st_size == LINE
        assert [head for _, head in _read(file)] == [Head("denali", epoch, 3, event(3, epoch).mark)]
        # The log has none of this: it went back. Any worker's file tells.
        await Told(f"sqlite:///{path}", 7).begin(database)
        renewed = (await database.read(current)).epoch
        assert renewed != epoch
        await Told(f"sqlite:///{path}", 0).begin(database)
        assert (await database.read(current)).epoch == renewed
        await database.close()

    asyncio.run(story())


def test_a_log_that_is_as_it_was_told_keeps_its_epoch(path: Path) -> None:
    async def story() -> None:
        database = await opened(path)
        epoch = await database.write(new_channel)
        told = Told(f"sqlite:///{path}", 0)
        await told.begin(database)
        database.on_commit = told.note
        for title in ("Denali now", "Denali again", "And again"):
            new = ChannelInput(slug="denali", name=title, group="Parks")
            await database.write(lambda tx, new=new: channels.update(tx, "denali", new))
        told.end()
        await Told(f"sqlite:///{path}", 0).begin(database)
        head = await database.read(current)
        assert (head.epoch, head.seq) == (epoch, 3)
        assert [one for _, one in _read(path.with_name("hub.db-told-0"))] == [head]
        await database.close()

    asyncio.run(story())


@pytest.mark.parametrize("damage", [b"", b"\0" * LINE, b"denali", b"\xff" * 3 * LINE, b"a b c d\n".ljust(LINE)])
def test_what_the_disk_has_only_in_part_says_nothing(path: Path, damage: bytes) -> None:
    async def story() -> None:
        path.with_name("hub.db-told-0").write_bytes(damage)
        database = await opened(path)
        epoch = await database.write(new_channel)
        told = Told(f"sqlite:///{path}", 0)
        await told.begin(database)
        told.note([event(1, epoch)])
        told.end()
        assert Head("denali", epoch, 1, event(1, epoch).mark) in [
            head for _, head in _read(path.with_name("hub.db-told-0"))
        ]
        await database.close()

    asyncio.run(story())


def test_a_disk_that_takes_nothing_stops_nobody(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        database = await opened(path)
        told = Told(f"sqlite:///{path}", 0)
        await told.begin(database)

        def full(*_: object) -> int:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "pwrite", full)
        told.note([event(1)])
        told.note([event(2)])
        await database.close()

    asyncio.run(story())


def test_on_postgresql_nothing_is_kept(tmp_path: Path) -> None:
    async def story() -> None:
        migrate_sqlite(tmp_path / "hub.db")
        told = Told("postgresql://hub@127.0.0.1/hub", 0)
        await told.begin(SqliteDatabase(tmp_path / "hub.db", lambda _: None))
        told.note([event(1)])
        told.end()
        assert not list(tmp_path.glob("*told*"))

    asyncio.run(story())
