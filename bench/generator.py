"""Steers the load generator, a C program that is compiled when it is first needed."""

import json
import queue
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Any, Self

from bench.machine import GENERATOR_CORE, VAR

SOURCES = Path(__file__).parent / "loadgen"
BUSY_LIMIT = 0.9

Report = dict[str, Any]


class BenchError(Exception):
    """The measurement cannot be made; the message says why."""


def compiled() -> Path:
    """The load generator's program.

    Raises BenchError without a C compiler.
    """
    program = VAR / "loadgen"
    sources = sorted(SOURCES.glob("*.[ch]"))
    if program.exists() and all(program.stat().st_mtime > source.stat().st_mtime for source in sources):
        return program
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise BenchError("The load generator is written in C: install gcc (Debian: apt-get install gcc libc6-dev).")
    VAR.mkdir(parents=True, exist_ok=True)
    files = [str(source) for source in sources if source.suffix == ".c"]
    subprocess.run([compiler, "-std=c11", "-O2", "-Wall", "-o", str(program), *files], check=True)
    return program


class Generator:
    """A running load generator, on a core of its own."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            ["taskset", "-c", str(GENERATOR_CORE), str(compiled())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self._reports: queue.Queue[Report] = queue.Queue()
        self._early: list[Report] = []
        self._folder = tempfile.TemporaryDirectory(prefix="bench-")
        self._files = 0
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait(10)
        self._folder.cleanup()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def say(self, verb: str, **words: object) -> None:
        """Send a command; what it answers is waited for by `wait`."""
        line = " ".join([verb, *(f"{key}={value}" for key, value in words.items() if value is not None)])
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")

    def wait(self, event: str, timeout: float = 60, name: str | None = None) -> Report:
        """The next report of this kind, of the group `name`. Raises BenchError."""
        for index, report in enumerate(self._early):
            if _matches(report, event, name):
                return self._early.pop(index)
        while True:
            try:
                report = self._reports.get(timeout=timeout)
            except queue.Empty:
                raise BenchError(f"the load generator did not report {event!r} within {timeout:g} s") from None
            if report["event"] in ("error", "ended") and event != "ended":
                raise BenchError(f"load generator: {report.get('message', 'it ended')}")
            if _matches(report, event, name):
                return report
            self._early.append(report)

    def file(self, text: str | bytes) -> Path:
        """A file with `text`, for templates and hellos."""
        self._files += 1
        path = Path(self._folder.name) / f"{self._files}"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def open(self, name: str, count: int, port: int, path: str, *, timeout: float = 60, **more: object) -> Report:
        """Open `count` sockets as a group and wait until all are greeted. Raises BenchError when some are not."""
        self.start_open(name, count, port, path, **more)
        return self.opened(name, count, timeout)

    def start_open(self, name: str, count: int, port: int, path: str, **more: object) -> None:
        """Begin to open a group; `opened` waits for it."""
        if isinstance(hellos := more.get("hellos"), list):
            more["hellos"] = self.file("".join(f"{hello}\n" for hello in hellos))
        self.say("open", name=name, count=count, port=port, path=path, **more)

    def opened(self, name: str, count: int, timeout: float = 60) -> Report:
        """Wait for `start_open`."""
        report = self.wait("opened", timeout, name)
        if report["open"] != count:
            raise BenchError(f"only {report['open']} of {count} sockets could be opened")
        return report

    def publish(self, port: int, template: str | bytes, *, timeout: float = 120, **more: object) -> Report:
        """Publish until time or count is over and all has arrived, or the grace time has passed."""
        self.start_publish(port, template, **more)
        return self.wait("published", timeout)

    def start_publish(self, port: int, template: str | bytes, **more: object) -> None:
        """Begin to publish; wait for `published`."""
        self.say("publish", port=port, template=self.file(template), **more)

    def stats(self, name: str) -> Report:
        """What a group has received since its last reset."""
        self.say("stats", name=name)
        return self.wait("stats", name=name)

    def reset(self, *names: str) -> None:
        """Count from nought."""
        for name in names:
            self.say("reset", name=name)

    def close(self, *names: str) -> None:
        """Close groups."""
        for name in names:
            self.say("close", name=name)
            self.wait("closed")

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._reports.put(json.loads(line))
        self._reports.put({"event": "ended"})


def _matches(report: Report, event: str, name: str | None) -> bool:
    return report["event"] == event and (name is None or report.get("name") == name)
