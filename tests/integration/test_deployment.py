"""The hub behind the real nginx with the shipped configuration, and the two commands of the README."""

from __future__ import annotations

import asyncio
import datetime
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from websockets.asyncio.client import connect

from tests.clients import Api, ChannelClient
from tests.conftest import NewApi, StartHub, StartNginx
from tests.services import ROOT, HubProcess, NginxServer, RedisServer, find_program, free_port, wait_until

CHANNEL = "denali"
TRUSTING = {"HUB_TRUSTED_PROXIES": "127.0.0.1"}


@pytest.fixture
def nginx(hub: HubProcess, start_nginx: StartNginx) -> NginxServer:
    """The shipped configuration in front of the hub that the tests share."""
    return start_nginx(hub)


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A self-signed certificate for localhost, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = tmp_path / "fullchain.pem", tmp_path / "privkey.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    paths[1].write_bytes(key.private_bytes(encoding, form, serialization.NoEncryption()))
    return paths


def raw_request(port: int, request: str) -> bytes:
    """What comes back for a request written byte by byte (up to the first 64 KiB)."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(request.replace("\n", "\r\n").encode())
        return connection.recv(65536)


def is_problem(response: httpx.Response, status: int) -> bool:
    """Whether this is an error as the contract describes it."""
    return (
        response.status_code == status
        and response.headers["content-type"] == "application/problem+json"
        and response.json()["status"] == status
        and bool(response.json()["detail"])
    )


def test_nginx_accepts_the_shipped_configuration(tmp_path: Path) -> None:
    command = [find_program("nginx"), "-t", "-c", str(ROOT / "nginx-ws.conf"), "-g", f"pid {tmp_path}/pid;"]
    done = subprocess.run(command, capture_output=True, text=True)
    if os.geteuid() == 0:
        assert done.returncode == 0, done.stderr
        assert "[warn]" not in done.stderr
    assert "syntax is ok" in done.stderr, done.stderr


async def test_a_post_reaches_a_websocket_through_nginx(
    nginx: NginxServer, new_api: NewApi, unique: Callable[[str], str]
) -> None:
    ada = new_api(nginx.base_url)
    await ada.register(unique("ada"))
    history = await ada.history(CHANNEL)
    async with ChannelClient(nginx.ws_url, CHANNEL, token=ada.token, history=history) as client:
        post = await ada.post(CHANNEL, "Through the proxy")
        await client.wait_for(lambda: client.applied)
        assert client.applied[0]["data"] == post


async def test_two_workers_and_redis_behind_nginx_lose_and_double_nothing(
    start_hub: StartHub, start_nginx: StartNginx, redis: RedisServer, new_api: NewApi
) -> None:
    nginx = start_nginx(start_hub(workers=2, redis=redis, settings=TRUSTING))
    writers = [new_api(nginx.base_url) for _ in range(3)]
    for number, writer in enumerate(writers):
        await writer.register(f"writer{number}")
    history = await writers[0].history(CHANNEL)
    clients = [ChannelClient(nginx.ws_url, CHANNEL, history=history) for _ in range(6)]
    await asyncio.gather(*(client.connect() for client in clients))
    await asyncio.gather(*(writer.post(CHANNEL, f"Post {n}") for n in range(20) for writer in writers))
    last = history["seq"] + 60
    for client in clients:
        await client.wait_for_seq(last)
        assert client.seqs == list(range(history["seq"] + 1, last + 1))
        assert not client.repeats
        await client.close()


async def test_nginx_drops_the_offer_to_compress_frames(nginx: NginxServer) -> None:
    async with connect(
        f"{nginx.ws_url}/ws/channels/{CHANNEL}", compression="deflate", proxy=None, close_timeout=2
    ) as websocket:
        assert websocket.response is not None
        assert "sec-websocket-extensions" not in websocket.response.headers


@pytest.mark.parametrize("path", ["/", "/api/channels", f"/ws/channels/{CHANNEL}"])
@pytest.mark.parametrize("upgrade", ["h2c", "websocket, h2c", "h2c, websocket"])
def test_no_other_protocol_can_be_asked_for(nginx: NginxServer, path: str, upgrade: str) -> None:
    answer = raw_request(
        nginx.port,
        f"GET {path} HTTP/1.1\nHost: localhost\nConnection: Upgrade, HTTP2-Settings\nUpgrade: {upgrade}\n"
        "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\nSec-WebSocket-Version: 13\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n\n",
    )
    assert answer.startswith(b"HTTP/1.1 ")
    assert not answer.startswith(b"HTTP/1.1 101")


@pytest.mark.parametrize(
    "path", ["/metrics", "//metrics", "/%6detrics", "/metrics/", "/static/../metrics", "/metrics?x=1"]
)
def test_metrics_stay_inside(nginx: NginxServer, hub: HubProcess, path: str) -> None:
    assert httpx.get(f"{hub.base_url}/healthz", trust_env=False).status_code == 200
    answer = raw_request(nginx.port, f"GET {path} HTTP/1.1\nHost: localhost\nConnection: close\n\n")
    assert answer.startswith(b"HTTP/1.1 404")
    assert b"problem+json" in answer


async def test_an_unchanged_history_is_answered_with_304_through_gzip(
    nginx: NginxServer, new_api: NewApi, unique: Callable[[str], str]
) -> None:
    api = new_api(nginx.base_url)
    await api.register(unique("ada"))
    await api.post(CHANNEL, "Long enough to be worth compressing", "A long walk. " * 150)
    path = f"/api/channels/{CHANNEL}/history"
    first = await api.request("GET", path, headers={"Accept-Encoding": "gzip"})
    assert first.status_code == 200
    assert first.headers["content-encoding"] == "gzip"
    again = await api.request("GET", path, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304


async def test_a_version_read_through_nginx_is_one_that_a_change_can_be_based_on(
    nginx: NginxServer, new_api: NewApi, unique: Callable[[str], str]
) -> None:
    api = new_api(nginx.base_url)
    await api.register(unique("ada"))
    post = await api.post(CHANNEL, "Long enough to be worth compressing", "A long walk. " * 150)
    path, body = f"/api/posts/{post['id']}", {"title": "Changed", "comment": "A longer walk. " * 150}
    first = await api.request("GET", path, headers={"Accept-Encoding": "gzip"})
    known = {"If-Match": first.headers["etag"], "Accept-Encoding": "gzip"}
    assert (await api.request("PUT", path, json=body, headers=known)).status_code == 200
    late = await api.request("PUT", path, json=body, headers=known)
    assert late.status_code == 412
    assert late.json()["current"]["title"] == "Changed"
    again = await api.request("PUT", path, json=body, headers={"If-Match": late.headers["etag"]})
    assert again.status_code == 200


async def test_answers_with_tokens_are_never_compressed(
    nginx: NginxServer, new_api: NewApi, unique: Callable[[str], str]
) -> None:
    api = new_api(nginx.base_url)
    body = {"username": unique("ada"), "password": "correct horse battery", "name": "A" * 40}
    answer = await api.request("POST", "/api/auth/register", json=body, headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 201
    assert "content-encoding" not in answer.headers


async def test_a_body_over_the_limit_is_refused_as_a_problem(nginx: NginxServer, new_api: NewApi) -> None:
    api = new_api(nginx.base_url)
    for path, megabytes in (("/api/auth/login", 1.5), ("/api/analytics/bulk", 5)):
        body = b" " * int(megabytes * 1024 * 1024)
        refused = await api.request("POST", path, content=body, headers={"Content-Type": "application/json"})
        assert is_problem(refused, 413), path


async def test_a_bulk_may_be_larger_than_other_bodies(nginx: NginxServer, new_api: NewApi) -> None:
    api = new_api(nginx.base_url)
    body = b" " * (3 * 1024 * 1024)
    answer = await api.request(
        "POST", "/api/analytics/bulk", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code != 413


async def test_while_the_hub_is_away_nginx_says_so_and_then_it_goes_on(
    start_hub: StartHub, start_nginx: StartNginx, new_api: NewApi
) -> None:
    hub = start_hub()
    nginx = start_nginx(hub)
    api = new_api(nginx.base_url)
    assert (await api.request("GET", "/healthz")).status_code == 200
    hub.stop()
    away = await api.request("GET", "/api/channels")
    assert is_problem(away, 503)
    assert int(away.headers["retry-after"]) > 0
    hub.start()
    assert (await api.request("GET", "/api/channels")).status_code == 200


def test_static_files_come_from_nginx_compressed_and_revalidated(
    hub: HubProcess, start_nginx: StartNginx, tmp_path: Path
) -> None:
    static = tmp_path / "static"
    static.mkdir()
    (static / "only-here.js").write_text("export const answer = 42;\n" * 200)
    server = NginxServer(tmp_path, upstream_port=hub.port, static=static)
    server.start()
    try:
        url = f"{server.base_url}/static/only-here.js"
        answer = httpx.get(url, headers={"Accept-Encoding": "gzip"}, trust_env=False)
        assert answer.headers["content-type"].startswith(("application/javascript", "text/javascript"))
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.headers["cache-control"] == "no-cache"
        assert answer.headers["x-content-type-options"] == "nosniff"
        again = httpx.get(url, headers={"If-None-Match": answer.headers["etag"]}, trust_env=False)
        assert again.status_code == 304
        missing = httpx.get(f"{server.base_url}/static/nowhere.js", trust_env=False)
        assert is_problem(missing, 404)
    finally:
        server.stop()


def test_without_the_static_folder_the_hub_serves_the_files(hub: HubProcess, tmp_path: Path) -> None:
    some_file = next(path for path in sorted((ROOT / "static").rglob("*.js")))
    server = NginxServer(tmp_path, upstream_port=hub.port, static=tmp_path / "absent")
    server.start()
    try:
        url = f"{server.base_url}/static/{some_file.relative_to(ROOT / 'static')}"
        assert httpx.get(url, trust_env=False).content == some_file.read_bytes()
    finally:
        server.stop()


def test_the_hub_sees_the_visitor_and_not_who_the_visitor_claims_to_be(
    start_hub: StartHub, start_nginx: StartNginx
) -> None:
    hub = start_hub(settings=TRUSTING)
    nginx = start_nginx(hub)
    transport = httpx.HTTPTransport(local_address="127.0.0.2")
    with httpx.Client(transport=transport) as visitor:
        visitor.get(f"{nginx.base_url}/api/channels", headers={"X-Forwarded-For": "6.6.6.6"})
    assert wait_until(lambda: "127.0.0.2" in hub.log, 5)
    assert "6.6.6.6" not in hub.log


def test_a_direct_visitor_cannot_claim_another_address(start_hub: StartHub) -> None:
    hub = start_hub()
    httpx.get(f"{hub.base_url}/api/channels", headers={"X-Forwarded-For": "6.6.6.6"}, trust_env=False)
    assert wait_until(lambda: "/api/channels" in hub.log, 5)
    assert "6.6.6.6" not in hub.log


def test_the_access_log_has_requests_and_no_queries(nginx: NginxServer) -> None:
    httpx.get(f"{nginx.base_url}/api/channels?q=private-words", trust_env=False)
    log = nginx.folder / "access.log"
    assert wait_until(lambda: "/api/channels" in log.read_text(), 5)
    assert "private-words" not in log.read_text()


async def test_with_the_tls_part_everything_moves_to_https(
    start_hub: StartHub, start_nginx: StartNginx, certificate: tuple[Path, Path]
) -> None:
    nginx = start_nginx(start_hub(settings=TRUSTING), certificate=certificate)
    plain = httpx.get(f"{nginx.base_url}/api/channels?limit=1", trust_env=False)
    assert plain.status_code == 308
    assert plain.headers["location"] == "https://127.0.0.1/api/channels?limit=1"
    assert httpx.get(f"{nginx.base_url}/healthz", trust_env=False).status_code == 200
    trust = ssl.create_default_context(cafile=str(certificate[0]))
    secure = f"https://localhost:{nginx.tls_port}"
    with httpx.Client(http2=True, verify=trust, trust_env=False) as browser:
        modern = browser.get(f"{secure}/api/channels")
        assert (modern.status_code, modern.http_version) == (200, "HTTP/2")
    async with Api(secure, verify=trust) as ada:
        answer = await ada.request("GET", "/api/channels")
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        await ada.register("ada")
        history = await ada.history(CHANNEL)
        channel = ChannelClient(
            f"wss://localhost:{nginx.tls_port}",
            CHANNEL,
            token=ada.token,
            history=history,
            origin=secure,
            ssl=trust,
        )
        async with channel:
            await ada.post(CHANNEL, "Encrypted")
            await channel.wait_for(lambda: channel.applied)


def test_the_health_check_of_the_image_passes_on_a_living_hub(hub: HubProcess) -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    command = dockerfile.split('CMD ["python", "-c", "')[1].split('"]')[0]
    done = subprocess.run([sys.executable, "-c", command], env={"HUB_BIND": f"0.0.0.0:{hub.port}"}, capture_output=True)
    assert done.returncode == 0, done.stderr


def make_run(folder: Path, port: int, log: Path) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "HUB_BIND": f"127.0.0.1:{port}",
        "HUB_DATABASE_URL": f"sqlite:///{folder / 'hub.db'}",
        "HUB_ENV": "development",
        "HUB_REDIS_URL": "",
        "HUB_SECRET_KEYS": "",
        "HUB_WORKERS": "1",
    }
    with log.open("ab") as output:
        return subprocess.Popen(
            ["make", "run"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def test_make_run_prints_address_and_logins_and_starts_again_in_three_seconds(tmp_path: Path) -> None:
    port, log, took = free_port(), tmp_path / "make.log", 0.0

    def answers() -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    for _ in range(2):
        began = time.monotonic()
        process = make_run(tmp_path, port, log)
        try:
            assert wait_until(answers, 60), log.read_text()
            took = time.monotonic() - began
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(20)
    printed = log.read_text()
    assert f"http://127.0.0.1:{port}" in printed
    logins = dict(re.findall(r"(?m)^  (\w+) +(\S{8,})$", printed))
    assert len(logins) == 3
    assert took < 3, printed
