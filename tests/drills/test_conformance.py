"""RFC 6455 by an independent judge: the Autobahn cases against an echo on the hub's own socket code."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.services import ROOT, find_program, free_port
from tests.services.process import Service, accepts

COMPRESSION = ("12.*", "13.*")


class EchoServer(Service):
    """`bench.echo` on a free port."""

    name = "echo"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.port = free_port()

    def command(self) -> list[str]:
        return [sys.executable, "-m", "bench.echo", str(self.port)]

    def environment(self) -> dict[str, str]:
        return {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}

    def ready(self) -> bool:
        return accepts(self.port)


@pytest.mark.timeout(300)
def test_all_autobahn_cases_pass_but_those_of_the_compression_that_the_hub_never_offers(tmp_path: Path) -> None:
    server = EchoServer(tmp_path)
    server.start()
    try:
        judge = find_program("kosoku", str(Path(sys.executable).parent))
        excluded = [word for case in COMPRESSION for word in ("-x", case)]
        command = [judge, f"127.0.0.1:{server.port}", *excluded, "-o", str(tmp_path / "report")]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    finally:
        server.stop()
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert "301 cases passed" in done.stdout + done.stderr
