"""What this worker has told of each channel's log, kept outside the database: a log that went back is known by it.

A database file that was copied back, or a write-ahead log that was cut, has the same epochs as before. Clients with
marks notice by themselves, and a running worker does, too; after a restart this file is what remembers. It is not
forced to the disk: after a power failure it may know less, never something that was not so. PostgreSQL has none.
"""

import glob
import logging
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from hub.config import sqlite_path
from hub.events import Envelope, Head
from hub.store import log as event_log
from hub.store.database import Database

LINE = 160
_CANNOT = "what is told cannot be kept: after a restart only clients notice a log that went back: %s"
log = logging.getLogger("hub.store")


class Told:
    """A file of lines of one length, one for each channel: what was last committed there by this worker."""

    def __init__(self, database_url: str, worker_index: int) -> None:
        self._beside = sqlite_path(database_url).resolve() if database_url.startswith("sqlite") else None
        self._worker = worker_index
        self._lines: dict[str, int] = {}
        self._descriptor: int | None = None

    async def begin(self, database: Database) -> None:
        """Compare what all workers told with the logs, and give a new epoch to each that is another one now.

        Raises Unavailable.
        """
        if self._beside is None:
            return
        files = sorted(self._beside.parent.glob(f"{glob.escape(self._beside.name)}-told-*"))
        known = [head for path in files for _, head in _read(path)]
        others = await database.read(lambda tx: [head for head in known if event_log.is_other(tx, head)])
        for head in others:
            if await database.write(lambda tx, head=head: event_log.renew_if_other(tx, head)):  # type: ignore[misc]
                log.error("channel %s: the log is an older one than was told, at %d: new epoch", head.slug, head.seq)
        self._open(self._beside.with_name(f"{self._beside.name}-told-{self._worker}"))

    def note(self, announcements: Sequence[Envelope | Struct]) -> None:
        """Keep the newest of each channel that is announced."""
        if self._descriptor is None:
            return
        newest = {one.channel: one for one in announcements if isinstance(one, Envelope) and one.seq}
        try:
            for slug, event in newest.items():
                line = self._lines.setdefault(slug, len(self._lines))
                os.pwrite(self._descriptor, _line(event), line * LINE)
        except OSError as error:
            log.warning(_CANNOT, error)
            self.end()

    def end(self) -> None:
        """Keep nothing more."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _open(self, path: Path) -> None:
        self._lines = {head.slug: line for line, head in _read(path)}
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            log.warning(_CANNOT, error)


def _line(event: Envelope) -> bytes:
    return f"{event.channel} {event.epoch} {event.seq} {event.mark}".encode().ljust(LINE - 1) + b"\n"


def _read(path: Path) -> list[tuple[int, Head]]:
    """The lines that say something, with their numbers."""
    data, found = b"", []
    with suppress(OSError):
        data = path.read_bytes()
    for line in range(len(data) // LINE):
        # A line that the disk has only in part says nothing.
        with suppress(ValueError):
            slug, epoch, seq, mark = data[line * LINE : (line + 1) * LINE].decode().split()
            found.append((line, Head(slug, epoch, int(seq), mark)))
    return found
