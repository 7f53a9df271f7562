"""The parent of the worker processes: one listening socket, respawn with backoff, rolling restart, drain.

Hypercorn's own runner stops every worker when one dies; this one replaces it, and the others never notice. It does one
small thing at a time and waits for nothing but news: a worker that hangs while another is replaced is noticed as well.
"""

import logging
import os
import select
import signal
import time
from collections.abc import Callable, Iterator

from hub import metrics
from hub.config import Settings
from hub.listener import listening_socket
from hub.process import RETIRE, Worker

BACKOFF_SECONDS = (0.25, 10.0)
YOUNG_SECONDS = 5.0
TURN_SECONDS = 0.5
# Longer between two turns than this, and it was this process, or the whole machine, that stood still.
STOOD_STILL_SECONDS = TURN_SECONDS + 1.0
# After the drain: for what a worker does when its visitors are gone, above all to close the database.
CLOSE_SECONDS = 5.0
log = logging.getLogger("hub.supervisor")


class Supervisor:
    """Keeps `settings.workers` processes running until it is told to stop."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._listener = listening_socket(settings.host, settings.port)
        # Workers hold the reading end: it becomes readable when this process is gone, however it went.
        self._parent_end, self._alive_end = os.pipe()
        self._workers: dict[int, Worker] = {}
        self._coming: Worker | None = None
        self._leaving: list[Worker] = []
        self._to_renew: list[int] = []
        self._renewing = False
        self._wait = dict.fromkeys(range(settings.workers), BACKOFF_SECONDS[0])
        self._respawn_at: dict[int, float] = {}
        self._started = False
        self._failed = False
        self._stopping = False
        self._reload = False
        self._turned = time.monotonic()
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
        while not (self._stopping or self._failed):
            self._turn()
            if not self._started and all(worker.ready for worker in self._workers.values()) and not self._failed:
                self._started = True
                started(self.address)
        self._stop_all()
        return 1 if self._failed else 0

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

    def _all(self) -> Iterator[Worker]:
        yield from self._workers.values()
        yield from self._leaving
        if self._coming is not None:
            yield self._coming

    def _turn(self) -> None:
        self._wait_for_news()
        now = time.monotonic()
        for worker in list(self._all()):
            code = worker.process.poll()
            if code is not None:
                self._forget(worker, code, now)
            elif fault := worker.fault(now):
                log.error("worker %d %s: killed", worker.index, fault)
                worker.kill()
        for index in [index for index, at in self._respawn_at.items() if at <= now]:
            del self._respawn_at[index]
            self._workers[index] = self._spawn(index)
        if self._started and not self._stopping:
            self._renew_next(now)

    def _wait_for_news(self) -> None:
        now = time.monotonic()
        due = min(self._respawn_at.values(), default=now + TURN_SECONDS)
        pipes = {worker.signs: worker for worker in self._all() if worker.signs is not None}
        readable, _, _ = select.select([self._wake_read, *pipes], [], [], max(0.0, min(TURN_SECONDS, due - now)))
        now = time.monotonic()
        for pipe in readable:
            if pipe == self._wake_read:
                os.read(pipe, 4096)
            else:
                pipes[pipe].listen(now)
        if now - self._turned > STOOD_STILL_SECONDS:
            for worker in self._all():
                worker.excuse(now)
        self._turned = now

    def _forget(self, worker: Worker, code: int, now: float) -> None:
        """A worker has ended: that was wanted, or it has to be replaced."""
        metrics.worker_ended(worker.process.pid)
        worker.close()
        if worker in self._leaving:
            self._leaving.remove(worker)
        elif worker is self._coming:
            log.error("restart stopped: the new worker %d could not start, the old ones go on", worker.index)
            self._coming, self._to_renew, self._renewing = None, [], False
        elif not self._started:
            log.error("a worker could not start: see its messages above")
            del self._workers[worker.index]
            self._failed = True
        else:
            self._replace(worker, code, now)

    def _replace(self, worker: Worker, code: int, now: float) -> None:
        index, age = worker.index, now - worker.started
        if self._coming is not None and self._coming.index == index:
            log.warning("worker %d ended with code %d: its successor is starting", index, code)
            self._workers[index], self._coming = self._coming, None
            return
        del self._workers[index]
        low, high = BACKOFF_SECONDS
        self._wait[index] = min(high, self._wait[index] * 2) if age < YOUNG_SECONDS else low
        delay = self._wait[index] if age < YOUNG_SECONDS else 0.0
        self._respawn_at[index] = now + delay
        log.warning("worker %d ended with code %d: replacing it in %.1f s", index, code, delay)

    def _renew_next(self, now: float) -> None:
        """One step of a rolling restart: there is never more than one worker too many, and never one too few."""
        if self._reload:
            self._reload, self._renewing = False, True
            self._to_renew = sorted(self._workers)
        if self._coming is not None and self._coming.ready:
            old, self._workers[self._coming.index] = self._workers[self._coming.index], self._coming
            self._coming = None
            self._end(old, now, RETIRE)
        if self._coming is not None or self._leaving or not self._renewing:
            return
        if self._to_renew:
            index = self._to_renew.pop(0)
            if index in self._workers:  # One that has just died is replaced by a new one anyway.
                self._coming = self._spawn(index)
        else:
            self._renewing = False
            log.info("all workers were restarted")

    def _end(self, worker: Worker, now: float, how: signal.Signals = signal.SIGTERM) -> None:
        """Ask a worker to end, and make it after its drain and a grace in which it closes the database."""
        worker.end(now + self._settings.drain_seconds + CLOSE_SECONDS, how)
        self._leaving.append(worker)

    def _stop_all(self) -> None:
        self._listener.close()
        now = time.monotonic()
        everyone = [worker for worker in self._all() if worker not in self._leaving]
        self._workers, self._coming, self._respawn_at, self._renewing, self._reload = {}, None, {}, False, False
        for worker in everyone:
            self._end(worker, now)
        while self._leaving:
            self._turn()
        os.close(self._alive_end)
