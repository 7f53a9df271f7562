"""What all services of the tests share: a process, its log, its ready check, its end."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """A loopback TCP port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def find_program(name: str, *folders: str) -> str:
    """The path of an installed program.

    Raises:
        RuntimeError: it is not installed; names the script that installs it.
    """
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", *folders])
    found = shutil.which(name, path=path)
    if found is None:
        raise RuntimeError(f"{name} is not installed: run scripts/install-services.sh")
    return found


def wait_until(ready: Callable[[], bool], seconds: float, *, every: float = 0.02) -> bool:
    """Poll `ready` until it is true or `seconds` have passed; whether it became true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if ready():
            return True
        time.sleep(every)
    return ready()


def accepts(port: int) -> bool:
    """Whether something accepts TCP connections on this loopback port."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Service:
    """One process with its log file.

    Subclasses say what to run (`command`), when it is ready (`ready`) and with which environment.
    """

    name = "service"
    start_seconds = 20.0
    stop_signal = signal.SIGTERM
    stop_seconds = 15.0

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log_path = folder / f"{self.name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def command(self) -> Sequence[str]:
        raise NotImplementedError

    def ready(self) -> bool:
        raise NotImplementedError

    def environment(self) -> Mapping[str, str]:
        return os.environ

    def run_as(self) -> str | None:
        """The user to run as, or None for the one that runs the tests."""
        return None

    @property
    def pid(self) -> int:
        """The id of the process (of the hub: of its master)."""
        if self._process is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def log(self) -> str:
        """What it has printed so far, over all of its starts."""
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def start(self) -> None:
        """Start it and wait until it is ready.

        Raises:
            RuntimeError: it ended or was not ready in time; the message carries its log.
        """
        if self.running:
            return
        user = self.run_as()
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env=dict(self.environment()),
                start_new_session=True,
                user=user,
                group=user and pwd.getpwnam(user).pw_gid,
                extra_groups=[] if user else None,
            )
        process = self._process
        wait_until(lambda: process.poll() is not None or self.ready(), self.start_seconds)
        if (code := process.poll()) is not None:
            raise RuntimeError(f"{self.name} ended with {code}; its log:\n{self.log}")
        if not self.ready():
            self.stop()
            raise RuntimeError(f"{self.name} was not ready in {self.start_seconds} s; its log:\n{self.log}")

    def stop(self) -> int | None:
        """Ask it to end and wait; killed when it takes longer than `stop_seconds`. Its exit code."""
        if self._process is None:
            return None
        if self.running:
            self._process.send_signal(self.stop_signal)
        try:
            return self._process.wait(self.stop_seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def kill(self) -> None:
        """End it at once, as a crash or the out-of-memory killer would."""
        if self._process is not None and self.running:
            self._process.kill()
            self._process.wait()

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)


def child_pids(pid: int) -> list[int]:
    """The direct children of a process (Linux)."""
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [int(child) for child in text.split()]


def command_line(pid: int) -> str:
    """The command line of a living process, or an empty string."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""
