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


class Worker:
    """A worker process: whether it is ready, when it was heard last, by when it has to be gone."""

    def __init__(self, index: int, listener: socket.socket, parent_end: int) -> None:
        self.index = index
        self.started = time.monotonic()
        self.ready = False
        ours, theirs = os.pipe()
        os.set_blocking(ours, False)
        self.signs: int | None = ours
        self._loop_heard = self._database_heard = self.started
        self._gone_by: float | None = None
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
        if not signs:
            self.close()
        if READY in signs:
            self.ready = True
            self._loop_heard = self._database_heard = now
        if LOOP in signs:
            self._loop_heard = now
        if DATABASE in signs:
            self._database_heard = now

    def excuse(self, now: float) -> None:
        """It could not be heard meanwhile, as nothing was listened to."""
        self._loop_heard = self._database_heard = now

    def end(self, gone_by: float, how: signal.Signals = signal.SIGTERM) -> None:
        """Ask it to end, and give it until `gone_by`."""
        self._gone_by = gone_by
        self.process.send_signal(how)

    def kill(self) -> None:
        """End it as nothing can refuse, not even one that is stopped."""
        self._killed = True
        self.process.kill()

    def fault(self, now: float) -> str:
        """Why it has to be killed; empty when all is well."""
        if self._killed:
            return ""
        if self._gone_by is not None and now > self._gone_by:
            return "did not end in time"
        if not self.ready:
            late = self._gone_by is None and now - self.started > START_SECONDS
            return f"was not ready after {START_SECONDS:.0f} s" if late else ""
        if now - self._loop_heard > SILENT_SECONDS:
            return f"has given no sign of life for {SILENT_SECONDS:.0f} s"
        if self._gone_by is None and now - self._database_heard > DATABASE_SILENT_SECONDS:
            return f"has had a database that did not answer for {DATABASE_SILENT_SECONDS:.0f} s"
        return ""

    def close(self) -> None:
        """Listen no more."""
        if self.signs is not None:
            os.close(self.signs)
            self.signs = None
