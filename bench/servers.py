"""What is measured: a process on the server's core, with its port, its cost and its end."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from bench.generator import BenchError
from bench.machine import ROOT, SERVER_CORE, VAR, child_pids, cpu_seconds, resident_bytes

START_SECONDS = 20.0


def free_port() -> int:
    """A loopback port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """One process, pinned to a core. `port` answers when it is ready."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        ports: Sequence[int],
        environment: Mapping[str, str] | None = None,
        core: int | str = SERVER_CORE,
        holds: object = None,
    ) -> None:
        self.name = name
        self.holds = holds  # what must not be collected while the server runs, such as its folder
        self.ports = ports
        self.log = VAR / "logs" / f"{name.replace(' ', '-').replace('/', '-')}.log"
        self._command = ["taskset", "-c", str(core), *command]
        self._environment = {**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def port(self) -> int:
        """Where subscribers connect."""
        return self.ports[0]

    @property
    def pids(self) -> list[int]:
        """Its processes."""
        assert self._process is not None
        return child_pids(self._process.pid)

    def cpu(self) -> float:
        """CPU seconds used so far."""
        return cpu_seconds(self.pids)

    def memory(self) -> int:
        """Bytes in RAM."""
        return resident_bytes(self.pids)

    def start(self) -> None:
        """Start and wait until all ports accept. Raises BenchError with the end of its log."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
                cwd=VAR,
                start_new_session=True,
            )
        until = time.monotonic() + START_SECONDS
        while not all(_accepts(port) for port in self.ports):
            if self._process.poll() is not None or time.monotonic() > until:
                self.stop()
                raise BenchError(f"{self.name} did not start:\n{_end_of(self.log)}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End it; killed when it does not end in a few seconds."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(8)
        except subprocess.TimeoutExpired:
            for pid in self.pids:
                os.kill(pid, signal.SIGKILL)
            self._process.wait()


def redis(core: int) -> Server:
    """A Redis of our own: memory only."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    return Server("redis", command, [port], core=core)


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _end_of(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:])
