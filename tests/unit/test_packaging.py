"""What is shipped beside the code: lock files, settings, container files, scripts."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hub.config import Settings, load_settings
from tests.services import ROOT, free_port

LOCKS = ("requirements.lock", "requirements-test.lock")
COMPOSE_FILES = ("compose.yaml", "compose.tls.yaml")
PIN = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[^ ;\\]+)", re.MULTILINE)
# Set by the server for its own workers, not by people.
INTERNAL_SETTINGS = {"HUB_WORKER_INDEX"}


def read(name: str) -> str:
    return (ROOT / name).read_text()


def tool(name: str) -> Path:
    return Path(sys.executable).with_name(name)


def pins(lock: str) -> dict[str, str]:
    return {canonicalize_name(m["name"]): m["version"] for m in PIN.finditer(read(lock))}


def compose() -> dict[str, dict]:
    return yaml.safe_load(read("compose.yaml"))["services"]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_is_pinned_and_has_hashes(lock: str) -> None:
    entries = re.split(r"\n(?=\S)", re.sub(r"(?m)^\s*#.*\n", "", read(lock)).strip())
    assert len(entries) > 40
    for entry in entries:
        assert PIN.match(entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_file_names_no_host_and_no_index(lock: str) -> None:
    assert not re.search(r"://|--(extra-)?index-url|--find-links|--trusted-host", read(lock))


def test_the_test_lock_holds_the_run_lock_at_the_same_versions() -> None:
    run, test = (pins(lock) for lock in LOCKS)
    assert run.items() <= test.items()


@pytest.mark.parametrize(("lock", "extras"), [("requirements.lock", []), ("requirements-test.lock", ["test"])])
def test_the_locks_satisfy_pyproject(lock: str, extras: list[str]) -> None:
    project = tomllib.loads(read("pyproject.toml"))["project"]
    wanted = project["dependencies"] + [r for extra in extras for r in project["optional-dependencies"][extra]]
    locked = pins(lock)
    for requirement in map(Requirement, wanted):
        assert requirement.specifier.contains(locked[canonicalize_name(requirement.name)]), requirement


def test_the_example_environment_explains_every_setting_of_the_hub() -> None:
    known = set(re.findall(r'"((?:HUB|GEMINI)_[A-Z_]+)"', read("hub/config.py"))) - INTERNAL_SETTINGS
    shown = set(re.findall(r"(?m)^#?([A-Z][A-Z_]+)=", read(".env.example")))
    assert known <= shown
    unknown = shown - known - {name for name in shown if f"${{{name}" in read("compose.yaml")}
    assert not unknown, f"nothing reads {unknown}"
    for name in shown:
        before = read(".env.example").split(f"{name}=")[0].rstrip("#").rstrip("\n").splitlines()[-1]
        assert before.startswith("#"), f"{name} has no explanation above it"


def test_the_example_environment_is_a_valid_environment(tmp_path: Path) -> None:
    lines = [
        line.removeprefix("#") if re.match(r"#[A-Z_]+=", line) else line for line in read(".env.example").splitlines()
    ]
    example = tmp_path / ".env"
    example.write_text("\n".join(lines))
    settings = load_settings({"HUB_SECRET_KEYS": "0123456789abcdefghijklmnopqrstuvwxyz"}, example)
    assert settings == Settings(secret_keys=settings.secret_keys)


def test_the_example_environment_holds_no_secret() -> None:
    values = dict(re.findall(r"(?m)^#?([A-Z_]*(?:KEY|KEYS|PASSWORD))=(.*)$", read(".env.example")))
    assert values
    assert set(values.values()) == {""}


@pytest.mark.parametrize("name", COMPOSE_FILES)
def test_the_compose_files_follow_the_compose_specification(name: str) -> None:
    done = subprocess.run(
        [tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", ROOT / name],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_only_nginx_is_reachable_from_outside() -> None:
    assert [name for name, service in compose().items() if service.get("ports")] == ["nginx"]
    assert "back" not in compose()["nginx"]["networks"]
    assert yaml.safe_load(read("compose.yaml"))["networks"]["back"] == {"internal": True}


def test_a_restore_starts_whatever_the_database_is_like() -> None:
    services = compose()
    waits_for = [*services["hub"]["depends_on"]]
    for name in waits_for:
        waits_for += services[name].get("depends_on", [])
    assert [name for name in waits_for if services[name]["image"] == services["hub"]["image"]] == []


def test_every_service_is_limited_restarted_and_watched() -> None:
    for name, service in compose().items():
        limits = service["deploy"]["resources"]["limits"]
        assert {"cpus", "memory"} <= limits.keys(), name
        assert service["restart"] == "unless-stopped", name
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "healthcheck" in service or service["image"].startswith("frostbyte-hub"), name


def test_the_compose_hub_has_several_workers_and_secrets_only_from_the_environment() -> None:
    environment = compose()["hub"]["environment"]
    assert environment["HUB_WORKERS"] == "${HUB_WORKERS:-2}"
    assert environment["HUB_ENV"] == "production"
    for name in ("HUB_SECRET_KEYS", "HUB_REDIS_URL"):
        assert ":?" in environment[name], f"{name} must come from outside"


def test_the_dockerfile_passes_the_linter() -> None:
    done = subprocess.run([tool("hadolint"), ROOT / "Dockerfile"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_image_runs_as_a_plain_user_with_locked_dependencies_and_no_compiler() -> None:
    final = read("Dockerfile").split("\nFROM ")[-1]
    assert final.startswith("python:3.13-slim")
    assert re.search(r"(?m)^USER 10001:10001$", final)
    assert re.search("(?s)HEALTHCHECK.*/healthz", final)
    assert not re.search("gcc|apt-get", final)
    assert "--require-hashes" in read("Dockerfile")


def test_the_image_takes_in_only_the_program() -> None:
    lines = read(".dockerignore").split()
    assert lines[0] == "*"
    assert [line for line in lines if line.startswith("!")] == ["!hub", "!static", "!requirements.lock"]


def test_the_health_check_of_the_image_fails_when_the_hub_is_away() -> None:
    command = re.search(r'CMD \["python", "-c", "(.+)"\]', read("Dockerfile"))
    assert command
    done = subprocess.run(
        [sys.executable, "-c", command[1]],
        env={"HUB_BIND": f"0.0.0.0:{free_port()}"},
        capture_output=True,
    )
    assert done.returncode != 0


@pytest.mark.parametrize("script", sorted(path.name for path in (ROOT / "scripts").glob("*.sh")))
def test_the_scripts_are_portable_shell(script: str) -> None:
    path = ROOT / "scripts" / script
    assert path.read_text().startswith("#!/bin/sh\n")
    assert path.stat().st_mode & 0o111, f"{script} is not executable"
    assert subprocess.run(["sh", "-n", path]).returncode == 0


def test_compose_puts_the_name_of_its_hub_into_the_nginx_configuration(tmp_path: Path) -> None:
    shell = compose()["nginx"]["command"][2]
    edit, _, start = shell.partition(" && ")
    assert start.startswith("exec nginx -c /tmp/nginx.conf")
    edit = edit.replace("/tmp/nginx.conf", "nginx.conf").replace("/etc/nginx/hub.conf", str(ROOT / "nginx-ws.conf"))
    assert subprocess.run(["sh", "-c", edit], cwd=tmp_path).returncode == 0
    adapted = (tmp_path / "nginx.conf").read_text()
    assert "server hub:8000 max_fails=0;" in adapted
    assert re.search(r"(?m)^worker_processes 2;", adapted)


def test_every_link_of_the_documents_leads_somewhere() -> None:
    for document in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name}: {target}"
