"""The hub as the bench starts it: a database of its own, tokens, and the requests that write and read."""

import asyncio
import json
import secrets
import sys
import tempfile
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.machine import SERVER_CORE, VAR
from bench.peers import STAMP
from bench.servers import Server, free_port
from hub.model import ChannelInput, PostInput
from hub.store import accounts, channels, identity, posts
from hub.store.database import Transaction
from hub.store.sqlite import SqliteDatabase
from hub.tokens import AccessTokens, Identity

KEY = secrets.token_urlsafe(32)
UUID = "UUUUUUUU-UUUU-4UUU-8UUU-UUUUUUUUUUUU"
GUEST = '{"type":"hello"}'
WELCOME = '"welcome"'


class Hub:
    """A database with `channel_count` channels (c0, c1 …), one member, and `post_count` posts in c0."""

    def __init__(self, channel_count: int = 2, post_count: int = 0) -> None:
        VAR.mkdir(parents=True, exist_ok=True)
        self._folder = tempfile.TemporaryDirectory(prefix="hub-", dir=VAR)
        self.database = Path(self._folder.name) / "hub.db"
        asyncio.run(_prepare(self.database, channel_count, post_count))
        self.tokens = AccessTokens([KEY])
        self.tokens.hub = asyncio.run(_name(self.database))

    def worker(self, redis_url: str = "", name: str = "hub") -> Server:
        """One worker with the control port (its second port)."""
        ports = [free_port(), free_port()]
        command = [sys.executable, "-m", "bench.hub_app", str(ports[1])]
        return Server(name, command, ports, self._environment(ports[0], redis_url), holds=self)

    def served(
        self,
        workers: int = 1,
        redis_url: str = "",
        cores: str | int = SERVER_CORE,
        settings: Mapping[str, str] | None = None,
    ) -> Server:
        """`hub serve`, as a user starts it; `settings` are further ones."""
        port = free_port()
        command = [sys.executable, "-m", "hub.cli", "serve", "--workers", str(workers)]
        environment = {**self._environment(port, redis_url), **(settings or {})}
        return Server(f"hub x{workers}", command, [port], environment, cores, holds=self)

    def _environment(self, port: int, redis_url: str) -> dict[str, str]:
        return {
            "HUB_BIND": f"127.0.0.1:{port}",
            "HUB_DATABASE_URL": f"sqlite:///{self.database}",
            "HUB_REDIS_URL": redis_url,
            "HUB_SECRET_KEYS": KEY,
            "HUB_ENV": "development",
            "HUB_LIMITS": "off",
            "HUB_DRAIN_SECONDS": "2",
        }


def path(channel: int | str = 0) -> str:
    """The websocket's path of a channel; `%d` is filled in by the load generator."""
    return f"/ws/channels/c{channel}"


def line(channel: int | str = 0, comment: str = "x") -> str:
    """What the control port takes: a post with a time stamp. `CCCCCC` is filled in by the load generator."""
    number = channel if isinstance(channel, str) else f"{channel:06d}"
    return f"{number} {STAMP} {comment}\n"


def hellos(server: Server, count: int) -> list[str]:
    """A `hello` with a token of its own for each of `count` sockets, all of one member."""
    return [json.dumps({"type": "hello", "token": token(server, f"session-{n}")}) for n in range(count)]


def token(server: Server, session: str = "bench") -> str:
    """A token of the member's."""
    assert isinstance(server.holds, Hub)
    return server.holds.tokens.issue(1, "sam", "Sam", "visitor", session)


def resume(since: int, epoch: str) -> str:
    """A guest's `hello` that goes on where it was."""
    return json.dumps({"type": "hello", "since": since, "epoch": epoch})


def post_request(server: Server, channel: int = 0) -> str:
    """An authenticated POST of about 300 bytes of JSON, fresh `client_id` each."""
    body = json.dumps({"title": STAMP, "comment": "Fresh snow at the pass. " * 8, "content": {}, "client_id": UUID})
    return (
        f"POST /api/channels/c{channel}/posts HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token(server)}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    )


def history_request(etag: str = "", limit: int = 50) -> str:
    """A GET of the history page, conditional when an `etag` is given."""
    condition = f"If-None-Match: {etag}\r\n" if etag else ""
    return f"GET /api/channels/c0/history?limit={limit} HTTP/1.1\r\nHost: 127.0.0.1\r\n{condition}\r\n"


def history(server: Server, channel: int = 0, limit: int = 50) -> tuple[dict[str, Any], str]:
    """The history page and its ETag."""
    url = f"http://127.0.0.1:{server.port}/api/channels/c{channel}/history?limit={limit}"
    with urllib.request.urlopen(url, timeout=10) as response:
        return json.load(response), response.headers["ETag"]


async def _prepare(file: Path, channel_count: int, post_count: int) -> None:
    database = SqliteDatabase(file, _ignore)
    await database.migrate()
    await database.open()

    def fill(tx: Transaction) -> None:
        account = accounts.register(tx, "sam", "Sam", "no password")
        for number in range(channel_count):
            channels.create(tx, ChannelInput(slug=f"c{number}", name=f"Channel {number}", group="Bench"))
        author = Identity(account.id, "sam", "Sam", "visitor", "bench", 0)
        for number in range(post_count):
            comment = f"Post {number}: fresh snow at the pass, the road is open until dusk. " * 3
            posts.create(tx, author, "c0", PostInput(title=f"Post {number}", comment=comment, content={"n": number}))

    await database.write(fill)
    await database.close()


async def _name(file: Path) -> str:
    database = SqliteDatabase(file, _ignore)
    await database.open()
    try:
        return await database.read(identity.current)
    finally:
        await database.close()


def _ignore(_: Sequence[object]) -> None:
    return
