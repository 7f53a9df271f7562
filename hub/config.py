"""Settings: environment variables, read also from `.env`, checked once at the start."""

import contextlib
import ipaddress
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from dotenv import dotenv_values
from msgspec import Struct

from hub.addresses import Network
from hub.origins import parse_origin

SECRET_BYTES = 32
TILE_PARTS = ("{z}", "{x}", "{y}")


class ConfigError(Exception):
    """A setting that is wrong; the message is one line that names it."""


class Settings(Struct, frozen=True, kw_only=True):
    """Everything that an operator can set."""

    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    database_url: str = "sqlite:///var/hub.db"
    redis_url: str = ""
    secret_keys: tuple[str, ...]
    env: Literal["development", "production"] = "development"
    allowed_origins: frozenset[str] = frozenset()
    trusted_proxies: tuple[Network, ...] = ()
    gemini_api_key: str = ""
    gemini_model: str = "gemini-3.5-flash"
    gemini_endpoint: str = ""
    chat_per_minute: int = 10
    chat_per_day: int = 200
    chat_all_per_day: int = 5_000
    chat_context_tokens: int = 6_000
    chat_answer_tokens: int = 800
    chat_thinking_tokens: int = 2_048
    chat_temperature: float = 0.4
    drain_seconds: float = 10.0
    map_tiles: str = ""
    limits: bool = True
    worker_index: int = 0

    def __repr__(self) -> str:
        return f"Settings(env={self.env!r}, host={self.host!r}, port={self.port})"


def load_settings(environ: Mapping[str, str] | None = None, dotenv: Path = Path(".env")) -> Settings:
    """Read and check the settings.

    Raises ConfigError naming the first setting that is wrong.
    """
    written = dotenv_values(dotenv, encoding="utf-8-sig") if dotenv.is_file() else {}
    values = {k: v for k, v in written.items() if v is not None}
    values.update(os.environ if environ is None else environ)
    return _Reader(values).settings()


class _Reader:
    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def text(self, name: str, default: str = "") -> str:
        return self._values.get(name, "").strip() or default

    def items(self, name: str) -> list[str]:
        return [item.strip() for item in self.text(name).split(",") if item.strip()]

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        value = self.text(name, default)
        if value not in allowed:
            raise ConfigError(f"{name} is {value!r}: it must be one of {', '.join(allowed)}")
        return value

    def number(self, name: str, default: float, low: float, high: float) -> float:
        text = self.text(name, str(default))
        try:
            value = float(text)
        except ValueError:
            raise ConfigError(f"{name} is {text!r}: it must be a number") from None
        if not low <= value <= high:
            raise ConfigError(f"{name} is {text}: it must be from {low:g} to {high:g}")
        return value

    def settings(self) -> Settings:
        env = self.choice("HUB_ENV", "development", ("development", "production"))
        host, port = self._bind()
        database_url = self._database_url()
        settings = Settings(
            host=host,
            port=port,
            workers=self._whole("HUB_WORKERS", 1, 1, 256),
            database_url=database_url,
            redis_url=self._redis_url(),
            secret_keys=self._secret_keys(env, database_url),
            env="production" if env == "production" else "development",
            allowed_origins=self._origins(),
            trusted_proxies=self._proxies(),
            gemini_api_key=self.text("GEMINI_API_KEY"),
            gemini_model=self.text("GEMINI_MODEL", "gemini-3.5-flash"),
            gemini_endpoint=self._endpoint(),
            chat_per_minute=self._whole("HUB_CHAT_PER_MINUTE", 10, 1, 1_000),
            chat_per_day=self._whole("HUB_CHAT_PER_DAY", 200, 1, 1_000_000),
            chat_all_per_day=self._whole("HUB_CHAT_ALL_PER_DAY", 5_000, 0, 100_000_000),
            chat_context_tokens=self._whole("HUB_CHAT_CONTEXT_TOKENS", 6_000, 2_000, 1_000_000),
            chat_answer_tokens=self._whole("HUB_CHAT_ANSWER_TOKENS", 800, 50, 100_000),
            chat_thinking_tokens=self._whole("HUB_CHAT_THINKING_TOKENS", 2_048, 0, 100_000),
            chat_temperature=self.number("HUB_CHAT_TEMPERATURE", 0.4, 0, 2),
            drain_seconds=self.number("HUB_DRAIN_SECONDS", 10, 0.1, 600),
            map_tiles=self._tiles(),
            limits=self.choice("HUB_LIMITS", "on", ("on", "off")) == "on",
            worker_index=self._whole("HUB_WORKER_INDEX", 0, 0, 255),
        )
        _check_together(settings)
        return settings

    def _whole(self, name: str, default: int, low: int, high: int) -> int:
        value = self.number(name, default, low, high)
        if value != int(value):
            raise ConfigError(f"{name} is {value}: it must be a whole number")
        return int(value)

    def _bind(self) -> tuple[str, int]:
        text = self.text("HUB_BIND", "127.0.0.1:8000")
        host, _, port = text.rpartition(":")
        if not host or not (port.isascii() and port.isdigit()) or int(port) > 65535:
            raise ConfigError(f"HUB_BIND is {text!r}: it must be HOST:PORT, such as 127.0.0.1:8000")
        return host.strip("[]"), int(port)

    def _database_url(self) -> str:
        url = self.text("HUB_DATABASE_URL", "sqlite:///var/hub.db")
        if not url.startswith(("sqlite:///", "postgresql://")):
            raise ConfigError("HUB_DATABASE_URL must start with sqlite:/// or postgresql://")
        if url == "sqlite:///":
            raise ConfigError("HUB_DATABASE_URL names no file: write it as sqlite:///var/hub.db")
        if url.startswith("postgresql") and not _is_postgres(url):
            raise ConfigError("HUB_DATABASE_URL must be written as postgresql://user@host:5432/database")
        return url

    def _redis_url(self) -> str:
        url = self.text("HUB_REDIS_URL")
        if url and not url.startswith(("redis://", "rediss://", "unix://")):
            raise ConfigError("HUB_REDIS_URL must start with redis://, rediss:// or unix://")
        if not _can_be_read(url):
            raise ConfigError("HUB_REDIS_URL must be written as redis://host:port/0")
        return url

    def _origins(self) -> frozenset[str]:
        origins = self.items("HUB_ALLOWED_ORIGINS")
        for origin in origins:
            if parse_origin(origin) is None:
                raise ConfigError(f"HUB_ALLOWED_ORIGINS has {origin!r}: write it as https://host[:port]")
        return frozenset(str(parse_origin(origin)) for origin in origins)

    def _proxies(self) -> tuple[Network, ...]:
        try:
            return tuple(ipaddress.ip_network(item, strict=False) for item in self.items("HUB_TRUSTED_PROXIES"))
        except ValueError as error:
            raise ConfigError(f"HUB_TRUSTED_PROXIES: {error}") from None

    def _endpoint(self) -> str:
        endpoint = self.text("GEMINI_ENDPOINT")
        host, _, port = endpoint.rpartition(":")
        if endpoint and not (host and port.isdigit() and 0 < int(port) < 65536 and "/" not in host):
            raise ConfigError(f"GEMINI_ENDPOINT is {endpoint!r}: it must be HOST:PORT")
        return endpoint

    def _tiles(self) -> str:
        url = self.text("HUB_MAP_TILES")
        if url and not (url.startswith(("https://", "http://", "/")) and all(part in url for part in TILE_PARTS)):
            raise ConfigError("HUB_MAP_TILES must be a URL with {z}, {x} and {y} in it")
        return url

    def _secret_keys(self, env: str, database_url: str) -> tuple[str, ...]:
        keys = tuple(self.items("HUB_SECRET_KEYS"))
        if not keys and env == "development":
            return (_development_key(database_url),)
        if not keys:
            raise ConfigError("HUB_SECRET_KEYS is empty: in production set it to 32 random bytes or more")
        if any(map(_is_weak, keys)):
            raise ConfigError(f"HUB_SECRET_KEYS has a weak key: each needs {SECRET_BYTES} random bytes or more")
        return keys


def _check_together(settings: Settings) -> None:
    if settings.workers > 1 and not settings.redis_url:
        raise ConfigError("HUB_REDIS_URL is empty: with HUB_WORKERS over 1, Redis carries events between them")
    if settings.env == "production" and not settings.limits:
        raise ConfigError("HUB_LIMITS is off: that is for load tests and refused in production")


def sqlite_path(database_url: str) -> Path:
    """The file of a `sqlite:///` URL: three slashes for a relative path, four for an absolute one."""
    return Path(database_url.removeprefix("sqlite:///"))


def _can_be_read(url: str) -> bool:
    """Whether host and port of a URL are well formed."""
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def _is_postgres(url: str) -> bool:
    """Whether the driver can read the URL and knows all its parameters."""
    # Only here: a hub on SQLite does not need the driver, which takes a while to load.
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        conninfo_to_dict(url)
    except ProgrammingError:
        return False
    return _can_be_read(url)


def _is_weak(key: str) -> bool:
    return len(key.encode()) < SECRET_BYTES or len(set(key)) < 8


def _development_key(database_url: str) -> str:
    folder = sqlite_path(database_url).parent if database_url.startswith("sqlite") else Path("var")
    path = folder / "secret-key"
    try:
        if not path.is_file():
            _write_key(path)
        key = path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"HUB_SECRET_KEYS is empty, and a key cannot be kept in {path}: {error}") from None
    if _is_weak(key):
        raise ConfigError(f"HUB_SECRET_KEYS is empty and {path} holds a weak key: remove that file for a new one")
    return key


def _write_key(path: Path) -> None:
    """Write a new key whole or not at all: of several processes that start at once, one writes and all read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(SECRET_BYTES))
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
