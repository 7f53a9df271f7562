"""Locks between the processes that use one SQLite file. The kernel takes them from a process that dies."""

import fcntl
import os
from pathlib import Path


class FileLock:
    """An advisory lock (flock(2)) that stands for something about a database.

    It is on a file of its own, `DATABASE-NAME`: closing a descriptor of the database itself would take SQLite's own
    locks away from the process (https://sqlite.org/howtocorrupt.html, 2.2).
    """

    def __init__(self, database: Path, name: str) -> None:
        whole = database.resolve()
        self._folder = whole.parent
        self._path = whole.with_name(f"{whole.name}-{name}")
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Whether it was taken, and not let go since."""
        return self._descriptor is not None

    def take(self, *, shared: bool = False) -> bool:
        """Whether it could be had at once. `shared` is for as many as like, while nobody has it alone.

        Raises OSError.
        """
        if self._descriptor is not None:
            return True
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if os.geteuid() == 0:
                # A command that root runs must not leave a file that the hub's own user cannot open.
                owner = self._folder.stat()
                os.fchown(descriptor, owner.st_uid, owner.st_gid)
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Let it go."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def in_use(database: Path) -> FileLock:
    """What everybody who has the database open shares, and who exchanges the file has alone."""
    return FileLock(database, "in-use")
