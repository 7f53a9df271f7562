"""One worker process as its parent sees it."""

import os
import signal
import socket
import subprocess
import sys
import time

from hub.heartbeat import DATABASE, LOOP, READY

# Imports, the database and the first read of the log: seconds even on a machine that is very busy.
START_SECONDS = 120.0
SILENT_SECONDS = 3.0
# A commit to a disk that stalls, or the wait for another process' lock, is no fault that a new worker would cure.
DATABASE_SILENT_SECONDS = 10.0
# Ends a worker whose successor is ready: it takes its time to part with clients that keep their connections.
RETIRE = signal.SIGUSR1


class Signs:
    """What was heard of a worker, and when: seconds on one clock."""

    def __init__(self, started: float) -> None:
        self.started = started
        self.ready = False
        self.gone_by: float | None = None
        self._loop_heard = self._database_heard = started

    def hear(self, signs: bytes, now: float) -> None:
        """Take the signs of life that have come."""
        if READY in signs:
            self.ready = True
            self.excuse(now)
        if LOOP in signs:
            self._loop_heard = now
        if DATABASE in signs:
            self._database_heard = now

    def excuse(self, now: float) -> None:
        """It could not be heard meanwhile, as nothing was listened to."""
        self._loop_heard = self._database_heard = now

    def fault(self, now: float) -> str:
        """Why the worker has to be killed; empty when all is well."""
        if self.gone_by is not None and now > self.gone_by:
            return "did not end in time"
        if not self.ready:
            late = self.gone_by is None and now - self.started > START_SECONDS
            return f"was not ready after {START_SECONDS:.0f} s" if late else ""
        if now - self._loop_heard > SILENT_SECONDS:
            return f"has given no sign of life for {SILENT_SECONDS:.0f} s"
        if self.gone_by is None and now - self._database_heard > DATABASE_SILENT_SECONDS:
            return f"has had a database that did not answer for {DATABASE_SILENT_SECONDS:.0f} s"
        return ""


class Worker(Signs):
    """A worker process."""

    def __init__(self, index: int, listener: socket.socket, parent_end: int) -> None:
        super().__init__(time.monotonic())
        self.index = index
        ours, theirs = os.pipe()
        os.set_blocking(ours, False)
        self.signs: int | None = ours
        self._killed = False
        environ = os.environ | {
            "HUB_WORKER_INDEX": str(index),
            "HUB_LISTEN_FD": str(listener.fileno()),
            "HUB_PARENT_FD": str(parent_end),
            "HUB_READY_FD": str(theirs),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hub.worker"], env=environ, pass_fds=(listener.fileno(), parent_end, theirs)
        )
        os.close(theirs)

    def listen(self, now: float) -> None:
        """Read the signs of life that have come."""
        assert self.signs is not None
        signs = os.read(self.signs, 65536)
        self.hear(signs, now)
        if not signs:
            self.close()

    def end(self, gone_by: float, how: signal.Signals = signal.SIGTERM) -> None:
        """Ask it to end, and give it until `gone_by`."""
        self.gone_by = gone_by
        self.process.send_signal(how)

    def kill(self) -> None:
        """End it as nothing can refuse, not even one that is stopped."""
        self._killed = True
        self.process.kill()

    def fault(self, now: float) -> str:
        """As that of `Signs`, but empty for one that was killed and has only not ended yet."""
        return "" if self._killed else super().fault(now)

    def close(self) -> None:
        """Listen no more."""
        if self.signs is not None:
            os.close(self.signs)
            self.signs = None
