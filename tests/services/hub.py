"""The hub as a user starts it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.services.process import ROOT, Service, child_pids, command_line, free_port, wait_until

STARTED = "Frostbyte Hub is at "


class HubProcess(Service):
    """A hub started as a user starts it: `hub serve` with settings in the environment.

    `settings` are extra environment variables. The developer's own `.env` is never read: the process runs in
    a temporary folder and inherits no HUB_ or GEMINI_ variable.
    """

    name = "hub"
    start_seconds = 60.0
    # More than the drain and the grace after it, of ten and five seconds.
    stop_seconds = 20.0

    def __init__(
        self,
        folder: Path,
        *,
        database_url: str,
        redis_url: str = "",
        workers: int = 1,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(folder)
        self.port = free_port()
        self.workers = workers
        self.database_url = database_url
        self.redis_url = redis_url
        self.settings = dict(settings or {})

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    @property
    def database_path(self) -> Path:
        """The SQLite file (only for a hub on SQLite)."""
        return Path(self.database_url.removeprefix("sqlite:///"))

    def command(self) -> Sequence[str]:
        bind = f"127.0.0.1:{self.port}"
        return [sys.executable, "-m", "hub.cli", "serve", "--workers", str(self.workers), "--bind", bind]

    def environment(self) -> Mapping[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("HUB_", "GEMINI_"))}
        return {
            **kept,
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "HUB_ENV": "development",
            "HUB_LIMITS": "off",
            "HUB_DATABASE_URL": self.database_url,
            "HUB_REDIS_URL": self.redis_url,
            **self.settings,
        }

    def start(self) -> None:
        """Start it and wait until it is ready, with all its workers: any of them may answer before the others are.

        Raises:
            RuntimeError: it ended or was not ready in time; the message carries its log.
        """
        if self.running:
            return
        before = self.log.count(STARTED)
        super().start()
        if not wait_until(lambda: self.log.count(STARTED) > before, self.start_seconds):
            self.stop()
            raise RuntimeError(f"the workers were not all ready in {self.start_seconds} s; its log:\n{self.log}")

    def ready(self) -> bool:
        try:
            return httpx.get(f"{self.base_url}/readyz", timeout=2, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    def run(self, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run another hub command (`hub.run("seed")`) with the same settings, to its end.

        Raises:
            RuntimeError: it failed; the message carries what it printed.
        """
        done = self.try_run(*arguments, stdin=stdin)
        if done.returncode:
            raise RuntimeError(f"hub {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done

    def try_run(
        self, *arguments: str, stdin: str | None = None, settings: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """As `run`, for commands that may fail: look at `returncode`. `settings` are for this command alone."""
        return subprocess.run(
            [sys.executable, "-m", "hub.cli", *arguments],
            input=stdin if stdin is not None else "",
            capture_output=True,
            text=True,
            cwd=self.folder,
            env={**self.environment(), **(settings or {})},
            timeout=120,
        )

    @property
    def worker_pids(self) -> list[int]:
        """The ids of the living worker processes, oldest first."""
        # A process that has ended, and whose parent has not heard of it yet, has no command line.
        return [pid for pid in child_pids(self.pid) if (line := command_line(pid)) and "resource_tracker" not in line]

    @contextmanager
    def only_worker(self, index: int) -> Iterator[None]:
        """While this runs no worker but the one with this index takes connections: the others stand still.

        All accept from one socket, and which of them does is up to the kernel. Keep it under a second: the hub
        replaces a worker that stands still for three.
        """
        others = [pid for pid in self.worker_pids if worker_index(pid) != index]
        try:
            for pid in others:
                os.kill(pid, signal.SIGSTOP)
            yield
        finally:
            for pid in others:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def kill_worker(self, index: int = 0) -> int:
        """Kill one worker as `kill -9` does; its id."""
        pid = self.worker_pids[index]
        os.kill(pid, signal.SIGKILL)
        return pid

    def stop(self) -> int | None:
        workers = self.worker_pids if self.running else []
        code = super().stop()
        for pid in workers:
            if "hub" in command_line(pid) or "multiprocessing" in command_line(pid):
                wait_until(lambda pid=pid: not command_line(pid), 3)  # type: ignore[misc]
        return code


def worker_index(pid: int) -> int | None:
    """Which worker this process is; None when it has ended."""
    try:
        variables = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return next((int(one.partition(b"=")[2]) for one in variables if one.startswith(b"HUB_WORKER_INDEX=")), None)
