"""A real Redis server."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import redis

from tests.services.process import Service, find_program, free_port


class RedisServer(Service):
    """A Redis of the tests' own, without persistence; `stop()` and `start()` keep its port."""

    name = "redis"
    stop_seconds = 5.0

    def __init__(self, folder: Path, *, password: str = "") -> None:
        super().__init__(folder)
        self.port = free_port()
        self.password = password

    @property
    def url(self) -> str:
        return f"redis://{':' + self.password + '@' if self.password else ''}127.0.0.1:{self.port}/0"

    def command(self) -> Sequence[str]:
        settings = {
            "port": self.port,
            "bind": "127.0.0.1",
            "save": "",
            "appendonly": "no",
            "dir": self.folder,
            "unixsocket": self.folder / "redis.sock",
        }
        if self.password:
            settings["requirepass"] = self.password
        options = [text for name, value in settings.items() for text in (f"--{name}", str(value))]
        return [find_program("redis-server"), *options]

    def ready(self) -> bool:
        try:
            with redis.Redis.from_url(self.url, socket_timeout=1) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def flush(self) -> None:
        with redis.Redis.from_url(self.url, socket_timeout=5) as client:
            client.flushall()
