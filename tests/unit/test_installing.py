"""Installing packages waits for whoever else does it at the moment, and for nothing else."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.services import ROOT

APT = """#!/bin/sh
echo "$*" >>"$CALLS"
case "$*" in *" $FAILING"*) ;; *) exit 0 ;; esac
n=$(cat "$LEFT")
[ "$n" -gt 0 ] || exit 0
echo $((n - 1)) >"$LEFT"
echo "$COMPLAINT" >&2
exit 100
"""
LOCKED = (
    "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 812 (apt-get)",
    "E: Could not get lock /var/lib/dpkg/lock-frontend - open (11: Resource temporarily unavailable)",
    "E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), is another process using it?",
    "E: Unable to lock directory /var/cache/apt/archives/",
)


def install(folder: Path, *, failing: str, complaint: str, times: int) -> tuple[int, list[str], str]:
    """Exit code, calls of apt-get and messages of an installation in which apt-get complains so many times."""
    for name, text in (("apt-get", APT), ("sudo", '#!/bin/sh\nshift\nexec "$@"\n')):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    (folder / "left").write_text(str(times))
    environment = {
        **os.environ,
        "PATH": f"{folder}:{os.environ['PATH']}",
        "CALLS": str(folder / "calls"),
        "LEFT": str(folder / "left"),
        "FAILING": failing,
        "COMPLAINT": complaint,
        "POLICY_RC_D": str(folder / "policy-rc.d"),
        "APT_LOCK_TRIES": "5",
        "APT_LOCK_PAUSE": "0",
    }
    command = ["sh", str(ROOT / "scripts" / "apt-install.sh"), "redis-server"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30)
    return done.returncode, (folder / "calls").read_text().splitlines(), done.stdout + done.stderr


@pytest.mark.parametrize("failing", ["update", "install"])
@pytest.mark.parametrize("complaint", LOCKED)
def test_a_lock_that_is_held_for_a_while_is_waited_for(tmp_path: Path, failing: str, complaint: str) -> None:
    code, calls, said = install(tmp_path, failing=failing, complaint=complaint, times=3)
    assert code == 0, said
    assert sum(f" {failing}" in call for call in calls) == 4
    assert calls[-1].endswith("redis-server")
    assert said.count("waiting") == 1
    assert all("DPkg::Lock::Timeout=" in call for call in calls)
    assert not (tmp_path / "policy-rc.d").exists()


def test_a_lock_that_is_never_given_up_is_not_waited_for_without_end(tmp_path: Path) -> None:
    code, calls, said = install(tmp_path, failing="update", complaint=LOCKED[0], times=100)
    assert code == 1
    assert len(calls) == 6
    assert "/var/lib/apt/lists/lock" in said


def test_what_is_no_lock_fails_at_once(tmp_path: Path) -> None:
    complaint = "E: Unable to locate package redis-server"
    code, calls, said = install(tmp_path, failing="install", complaint=complaint, times=100)
    assert (code, len(calls)) == (1, 2)
    assert complaint in said
