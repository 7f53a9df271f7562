"""Looking at the files of an SQLite hub, and damaging them."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.services import HubProcess


def files(folder: Path) -> dict[str, bytes]:
    """What lies in a folder, but for locks, which are empty."""
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file() and file.stat().st_size}


def sql(path: Path, *statements: str) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        for statement in statements:
            rows = database.execute(statement).fetchall()
    return rows


def posts(path: Path) -> int:
    return int(str(sql(path, "SELECT COUNT(*) FROM posts")[0][0]))


def complaint(hub: HubProcess, *arguments: str) -> str:
    """The one line of a command that must fail."""
    done = hub.try_run(*arguments)
    assert done.returncode == 1, done.stdout + done.stderr
    (line,) = done.stderr.strip().splitlines()
    return line


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size * 2 // 3)


def scribble(path: Path, start: int, length: int) -> None:
    with path.open("r+b") as file:
        file.seek(start)
        file.write(b"\xa5" * length)
