"""A private PostgreSQL cluster."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import psycopg

from tests.services.process import Service, find_program, free_port


class PostgresCluster(Service):
    """A private PostgreSQL cluster; run as an ordinary user also when the tests run as root."""

    name = "postgres"
    stop_signal = signal.SIGINT
    stop_seconds = 10.0

    def __init__(self) -> None:
        # The server's user must be able to enter the folder; pytest's own are closed to others.
        super().__init__(Path(tempfile.mkdtemp(prefix="hub-postgres-")))
        self.port = free_port()
        self.data = self.folder / "data"
        self._databases = 0
        if user := self.run_as():
            shutil.chown(self.folder, user)

    def run_as(self) -> str | None:
        if os.geteuid():
            return None
        known = {entry.pw_name for entry in pwd.getpwall()}
        return "postgres" if "postgres" in known else "nobody"

    def program(self, name: str) -> str:
        """Debian keeps the server's programs out of the PATH, in a folder for each version."""
        folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: float(p.parent.name), reverse=True)
        for folder in folders:
            if (folder / name).exists():
                return str(folder / name)
        return find_program(name)

    def initialise(self) -> None:
        user = self.run_as()
        done = subprocess.run(
            [
                self.program("initdb"),
                "-D",
                str(self.data),
                "-U",
                "hub",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--no-locale",
                "-N",
            ],
            capture_output=True,
            text=True,
            cwd=self.folder,
            user=user,
            group=user and pwd.getpwnam(user).pw_gid,
            extra_groups=[] if user else None,
        )
        if done.returncode:
            raise RuntimeError(f"initdb ended with {done.returncode}:\n{done.stdout}{done.stderr}")

    def command(self) -> Sequence[str]:
        options = ["-h", "127.0.0.1", "-p", str(self.port), "-k", str(self.folder), "-c", "fsync=off"]
        return [self.program("postgres"), "-D", str(self.data), *options]

    def ready(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.Error:
            return False
        return True

    def url(self, database: str) -> str:
        return f"postgresql://hub@127.0.0.1:{self.port}/{database}"

    def create_database(self, template: str = "template1") -> str:
        """A new database, empty or a copy of `template`, which nobody uses meanwhile; its URL."""
        self._databases += 1
        name = f"hub_{self._databases}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        return self.url(name)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
