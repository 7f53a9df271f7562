"""Putting an older state of a hub's database back, as people and machines do."""

import os
import shutil
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.services import HubProcess, wait_until


def copy_of(database: Path) -> Path:
    """A copy as somebody takes it with the tools of the database, and with its epochs."""
    target = database.with_name("copy.db")
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("VACUUM INTO ?", (str(target),))
    return target


def stop_hard(hub: HubProcess) -> None:
    """The power goes: no worker and no supervisor does anything more."""
    workers = hub.worker_pids
    for pid in (hub.pid, *workers):
        os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: not hub.running, 5)
    hub.stop()


def put_back(copy: Path, database: Path) -> None:
    for part in ("-wal", "-shm"):
        database.with_name(database.name + part).unlink(missing_ok=True)
    shutil.copy(copy, database)
