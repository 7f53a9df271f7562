"""The peers: what each is, how it is installed, how its subscribers connect and how it is told an event."""

import os
import shutil
import string
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.generator import BenchError
from bench.machine import VAR
from bench.servers import Server, free_port

HERE = Path(__file__).parent
PYTHON = VAR / "venv" / "bin" / "python"
NODE_MODULES = VAR / "node" / "node_modules"
NCHAN_MODULES = ("/usr/lib/nginx/modules", "/usr/share/nginx/modules", "/usr/lib64/nginx/modules")
STAMP = "@@SSSSSSSSSSSSSSSS"
EVENT_BYTES = 300


def event_text() -> str:
    """A peer's event: JSON of 300 bytes with the time stamp in it."""
    head = '{"type":"post.created","channel":"denali","data":{"title":"' + STAMP + '","comment":"'
    return head + "x" * (EVENT_BYTES - len(head) - 3) + '"}}'


@dataclass(frozen=True)
class Peer:
    """A system that fans out; `start` makes its server (ports: subscribers, publishing), given a Redis URL."""

    name: str
    about: str
    make: Callable[[str], Server]
    path: str = "/"
    hellos: Sequence[str] = ()
    ready: str = ""
    template: str = field(default_factory=lambda: event_text() + "\n")
    replies: bool = False
    needs_redis: bool = False


def _python(name: str, script: str, *, redis: bool = False) -> Callable[[str], Server]:
    def make(redis_url: str) -> Server:
        ports = [free_port(), free_port()]
        command = [str(PYTHON), str(HERE / script), *map(str, ports), *([redis_url] if redis else [])]
        return Server(name, command, ports)

    return make


def _node(name: str, script: str, *, redis: bool = False) -> Callable[[str], Server]:
    def make(redis_url: str) -> Server:
        ports = [free_port(), free_port()]
        command = ["node", str(HERE / script), *map(str, ports), *([redis_url] if redis else [])]
        return Server(name, command, ports, {"NODE_PATH": str(NODE_MODULES), "NODE_ENV": "production"})

    return make


def _nchan(_: str) -> Server:
    port = free_port()
    folder = VAR / f"nchan-{port}"
    folder.mkdir(parents=True, exist_ok=True)
    text = string.Template((HERE / "nchan.conf").read_text()).substitute(folder=folder, port=port)
    modules = next(path for path in NCHAN_MODULES if (Path(path) / "ngx_nchan_module.so").exists())
    config = folder / "nginx.conf"
    config.write_text(text.replace("modules/ngx_nchan", f"{modules}/ngx_nchan"))
    return Server("nchan", ["nginx", "-c", str(config), "-p", str(folder)], [port, port])


def _post_to_nchan() -> str:
    body = event_text()
    return (
        "POST /pub/feed HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    )


NCHAN = Peer(
    "nchan",
    "nginx with nchan (C), one worker, memory only, published to over HTTP with keep-alive",
    _nchan,
    path="/sub/feed",
    template=_post_to_nchan(),
    replies=True,
)
NODE_WS = Peer("Node ws", "a loop over the clients, no compression", _node("node-ws", "node_ws.cjs"))
PEERS = [
    NCHAN,
    NODE_WS,
    Peer(
        "Socket.IO",
        "on Node with the Redis adapter, websocket transport only, no compression",
        _node("socket-io", "socket_io.cjs", redis=True),
        path="/socket.io/?EIO=4&transport=websocket",
        hellos=["40"],
        ready='40{"sid"',
        needs_redis=True,
    ),
    Peer(
        "Python websockets",
        "`broadcast()`, uvloop, no compression",
        _python("py-websockets", "py_websockets.py"),
    ),
    Peer(
        "Starlette",
        "on uvicorn (uvloop, httptools), a queue per socket, no compression",
        _python("starlette", "starlette_app.py"),
    ),
    Peer(
        "Quart",
        "on stock Hypercorn (uvloop), a queue per socket, `await websocket.send`",
        _python("quart", "quart_app.py"),
    ),
    Peer(
        "Django Channels",
        "on uvicorn (uvloop), Redis publish/subscribe layer with hiredis",
        _python("django-channels", "django_app.py", redis=True),
        needs_redis=True,
    ),
]


def install() -> dict[str, str]:
    """Install the peers' packages under var/; which peers are left out, and why."""
    left_out: dict[str, str] = {}
    for names, setup in (
        (["nchan"], _install_nchan),
        (["Node ws", "Socket.IO"], _install_node),
        (["Python websockets", "Starlette", "Quart", "Django Channels", "FastAPI"], _install_python),
    ):
        try:
            setup()
        except (BenchError, OSError, subprocess.CalledProcessError) as error:
            print(f"left out: {', '.join(names)}: {error}", file=sys.stderr)
            left_out |= dict.fromkeys(names, str(error).splitlines()[0])
    if shutil.which("redis-server") is None:
        left_out |= dict.fromkeys([peer.name for peer in PEERS if peer.needs_redis], "redis-server is not installed")
    return left_out


def _install_nchan() -> None:
    if shutil.which("nginx") is None:
        raise BenchError("nginx is not installed (Debian: apt-get install nginx libnginx-mod-nchan)")
    if not any((Path(folder) / "ngx_nchan_module.so").exists() for folder in NCHAN_MODULES):
        raise BenchError("nginx has no nchan module (Debian: apt-get install libnginx-mod-nchan)")


def _install_node() -> None:
    if shutil.which("npm") is None:
        raise BenchError("npm is not installed (Debian: apt-get install nodejs npm)")
    lock = HERE / "package-lock.json"
    mark = VAR / "node" / "installed"
    if mark.exists() and mark.read_bytes() == lock.read_bytes():
        return
    (VAR / "node").mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(HERE / name, VAR / "node" / name)
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=VAR / "node", check=True)
    mark.write_bytes(lock.read_bytes())


def _install_python() -> None:
    lock = HERE / "requirements.txt"
    mark = VAR / "venv" / "installed"
    if mark.exists() and mark.read_bytes() == lock.read_bytes():
        return
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(VAR / "venv")], check=True)
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*pip, "--require-hashes", "-r", str(lock)], check=True, env={**os.environ, "PYTHONPATH": ""})
    mark.write_bytes(lock.read_bytes())
