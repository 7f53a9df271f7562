"""The parent of the worker processes: one listening socket, respawn with backoff, rolling restart, drain.

Hypercorn's own runner stops every worker when one dies; this one replaces it, and the others never notice.
"""

import logging
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable

from hub import metrics
from hub.config import Settings
from hub.listener import listening_socket

READY_SECONDS = 30.0
YOUNG_SECONDS = 5.0
BACKOFF_SECONDS = (0.25, 10.0)
log = logging.getLogger("hub.supervisor")


class Worker:
    """One worker process."""

    def __init__(self, index: int, listener: socket.socket, parent_end: int) -> None:
        self.index = index
        self.started = time.monotonic()
        self.ready_end, ready = os.pipe()
        environ = os.environ | {
            "HUB_WORKER_INDEX": str(index),
            "HUB_LISTEN_FD": str(listener.fileno()),
            "HUB_PARENT_FD": str(parent_end),
            "HUB_READY_FD": str(ready),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hub.worker"], env=environ, pass_fds=(listener.fileno(), parent_end, ready)
        )
        os.close(ready)

    def wait_ready(self, seconds: float) -> bool:
        """Whether the worker said within `seconds` that it accepts connections."""
        readable, _, _ = select.select([self.ready_end], [], [], seconds)
        is_ready = bool(readable) and os.read(self.ready_end, 1) == b"1"
        os.close(self.ready_end)
        return is_ready

    @property
    def age(self) -> float:
        """Seconds since it was started."""
        return time.monotonic() - self.started


class Supervisor:
    """Keeps `settings.workers` processes running until it is told to stop."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._listener = listening_socket(settings.host, settings.port)
        # Workers hold the reading end: it becomes readable when this process is gone, however it went.
        self._parent_end, self._alive_end = os.pipe()
        self._workers: dict[int, Worker] = {}
        self._wait = dict.fromkeys(range(settings.workers), BACKOFF_SECONDS[0])
        self._respawn_at: dict[int, float] = {}
        self._stopping = False
        self._reload = False
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_write, False)

    @property
    def address(self) -> str:
        """Where the hub listens."""
        host, port = self._listener.getsockname()[:2]
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

    def run(self, started: Callable[[str], None]) -> int:
        """Run until SIGTERM or SIGINT; returns the exit code. `started` is called with the address."""
        self._listen_to_signals()
        for index in range(self._settings.workers):
            self._workers[index] = self._spawn(index)
        if not all(worker.wait_ready(READY_SECONDS) for worker in self._workers.values()):
            log.error("a worker could not start: see its messages above")
            self._stop_all()
            return 1
        started(self.address)
        while not self._stopping:
            self._wait_for_news()
            if self._reload:
                self._restart_one_by_one()
            self._replace_dead()
        self._stop_all()
        return 0

    def _listen_to_signals(self) -> None:
        def stop(*_: object) -> None:
            self._stopping = True

        def reload(*_: object) -> None:
            self._reload = True

        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        signal.signal(signal.SIGHUP, reload)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def _spawn(self, index: int) -> Worker:
        return Worker(index, self._listener, self._parent_end)

    def _wait_for_news(self) -> None:
        due = min(self._respawn_at.values(), default=time.monotonic() + 1.0)
        readable, _, _ = select.select([self._wake_read], [], [], max(0.0, min(1.0, due - time.monotonic())))
        if readable:
            os.read(self._wake_read, 4096)

    def _replace_dead(self) -> None:
        now = time.monotonic()
        for index, worker in list(self._workers.items()):
            code = worker.process.poll()
            if code is None:
                continue
            del self._workers[index]
            metrics.worker_ended(worker.process.pid)
            low, high = BACKOFF_SECONDS
            self._wait[index] = min(high, self._wait[index] * 2) if worker.age < YOUNG_SECONDS else low
            delay = self._wait[index] if worker.age < YOUNG_SECONDS else 0.0
            self._respawn_at[index] = now + delay
            log.warning("worker %d ended with code %d: replacing it in %.1f s", index, code, delay)
        for index in [index for index, at in self._respawn_at.items() if at <= now]:
            del self._respawn_at[index]
            self._workers[index] = self._spawn(index)
            os.close(self._workers[index].ready_end)

    def _restart_one_by_one(self) -> None:
        self._reload = False
        for index in list(self._workers):
            replacement = self._spawn(index)
            if not replacement.wait_ready(READY_SECONDS):
                log.error("restart stopped: the new worker %d could not start, the old ones go on", index)
                replacement.process.kill()
                replacement.process.wait()
                return
            old, self._workers[index] = self._workers[index], replacement
            self._end(old)
            if self._stopping:
                return
        log.info("all workers were restarted")

    def _end(self, *workers: Worker) -> None:
        """Ask workers to end, and make them after the drain time."""
        for worker in workers:
            worker.process.terminate()
        deadline = time.monotonic() + self._settings.drain_seconds
        for worker in workers:
            try:
                worker.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.warning("worker %d did not end in time: killed", worker.index)
                worker.process.kill()
                worker.process.wait()
            metrics.worker_ended(worker.process.pid)

    def _stop_all(self) -> None:
        self._listener.close()
        self._end(*self._workers.values())
        os.close(self._alive_end)
