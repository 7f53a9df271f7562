"""Checks of what the hub stands on; each says how to mend what it finds."""

import asyncio
import os
import resource
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from redis import Redis, RedisError

from hub import encryption
from hub.config import Settings, sqlite_path
from hub.gemini import Gemini, try_out
from hub.open_files import ADVICE
from hub.ranger.model import ErrorCode, RangerError
from hub.store.migrations import migrations

if TYPE_CHECKING:
    from hub.store.postgres_session import Connection

# The releases with the WAL-reset fix: https://sqlite.org/releaselog/ (3.44.6, 3.50.7, 3.51.3 and all later ones).
FIXED_SQLITE = ((3, 44, 6), (3, 50, 7), (3, 51, 3))
FREE_BYTES = 500 * 1024 * 1024
DRIFT_SECONDS = 5
RELEASED = 1_790_000_000
OPEN_FILES = 4096
OLDEST_POSTGRES = 130_000
_POSTGRES = b"""SELECT current_setting('server_version_num')::int AS version, pg_is_in_recovery() AS standby,
    current_setting('server_encoding') AS encoding, to_regclass('schema_migrations') IS NOT NULL AS migrated"""


_GEMINI: dict[ErrorCode, str] = {
    "model_gone": "Choose another model in GEMINI_MODEL; until then the offline ranger answers.",
    "out_of_tokens": "It thought until its tokens were used up: raise HUB_CHAT_THINKING_TOKENS.",
    "quota": "The quota of the key is used up: wait, or raise it at the provider.",
    "bad_key": "The key is not accepted: make another one and put it into GEMINI_API_KEY.",
    "unreachable": "Check the network and the firewall, and GEMINI_ENDPOINT when it is set.",
    "timeout": "The service is slow: try again, or choose another model in GEMINI_MODEL.",
}
_ANOTHER_MODEL = "Choose another model in GEMINI_MODEL."


class Finding(Struct, frozen=True):
    """One check: `ok` is false for what must be mended; `advice` says how."""

    name: str
    ok: bool
    detail: str
    advice: str = ""


def examine(settings: Settings) -> Iterator[Finding]:
    """All findings, one after another; the settings themselves were checked when they were read."""
    yield Finding("settings", True, f"{settings.env}, {settings.workers} worker(s) on {settings.host}:{settings.port}")
    if settings.database_url.startswith("sqlite"):
        yield from _database(sqlite_path(settings.database_url))
        yield _sqlite_version()
    else:
        yield from _postgres(settings.database_url)
    yield from _encryption(settings)
    yield _redis(settings)
    yield _gemini(settings)
    yield _clock(settings)
    yield _open_files()


def _database(path: Path) -> Iterator[Finding]:
    folder = path.parent
    if not path.is_file():
        yield Finding("database", False, f"{path} is not there yet", "Run `hub migrate`, then `hub seed`.")
        return
    stat = os.statvfs(folder)
    free = stat.f_bavail * stat.f_frsize
    yield Finding("disk", free > FREE_BYTES, f"{free // 2**20} MiB free", f"Free some space on the disk of {folder}.")
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=2)
        check = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        applied = {name for (name,) in connection.execute("SELECT name FROM schema_migrations")}
        connection.close()
    except sqlite3.Error as error:
        yield Finding("database", False, f"{path}: {error}", "Restore the last backup: `hub restore FILE`.")
        return
    yield Finding("database", check == "ok", f"{path}: {check}", "Restore the last backup: `hub restore FILE`.")
    yield _schema("sqlite", applied)
    mode = path.stat().st_mode & 0o777
    yield Finding("files", not mode & 0o007, f"{path} has mode {mode:o}", f"Close it to others: `chmod o= {path}`.")


def _schema(engine: str, applied: set[str]) -> Finding:
    known = [name for name, _ in migrations(engine)]
    if newer := sorted(applied - set(known)):
        advice = "Use the version of the hub that made it, or restore a backup from before."
        return Finding("schema", False, f"made by a newer version: {', '.join(newer)}", advice)
    missing = [name for name in known if name not in applied]
    return Finding("schema", not missing, f"missing: {', '.join(missing) or 'nothing'}", "Run `hub migrate`.")


def _postgres(url: str) -> Iterator[Finding]:
    # Only here: a hub on SQLite does not need the driver, which takes a while to load.
    import psycopg

    from hub.store.postgres_session import connect

    advice = "Start PostgreSQL, or mend HUB_DATABASE_URL: host, port, user, password, database."
    try:
        with connect(url) as connection:
            started = time.perf_counter()
            row = connection.execute(_POSTGRES).fetchone() or {}
            took = (time.perf_counter() - started) * 1000
            applied = _applied(connection) if row["migrated"] else set()
    except psycopg.Error as error:
        yield Finding("database", False, str(error).partition("\n")[0], advice)
        return
    well = row["version"] >= OLDEST_POSTGRES and row["encoding"] == "UTF8" and not row["standby"]
    facts = f"PostgreSQL {row['version'] // 10_000}, {row['encoding']}, {'standby' if row['standby'] else 'primary'}"
    yield Finding("database", well, f"{facts}, answers in {took:.1f} ms", "The hub needs a primary, 13 or later, UTF8.")
    yield _schema("postgres", applied)


def _applied(connection: "Connection") -> set[str]:
    return {row["name"] for row in connection.execute(b"SELECT name FROM schema_migrations").fetchall()}


def _encryption(settings: Settings) -> Iterator[Finding]:
    if settings.env != "production":
        return
    known, plain = _log_ins(settings)
    trouble = encryption.trouble(settings, known, plain)
    well = f"the last {known} log-ins came over https" if known else "nobody has logged in yet"
    yield Finding("https", trouble is None, trouble or well, encryption.ADVICE)


def _log_ins(settings: Settings) -> tuple[int, int]:
    """Known and plain ones among the newest; none of a database that cannot be read, which others of the checks say."""
    import psycopg

    from hub.store.postgres_session import connect

    try:
        if settings.database_url.startswith("sqlite"):
            path = sqlite_path(settings.database_url).absolute()
            with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=2)) as connection:
                known, plain = connection.execute(encryption.LOG_INS).fetchone()
        else:
            with connect(settings.database_url) as server:
                row = server.execute(encryption.LOG_INS.encode()).fetchone() or {}
                known, plain = row["known"], row["plain"]
    except (sqlite3.Error, psycopg.Error):
        return 0, 0
    return known or 0, plain or 0


def _sqlite_version() -> Finding:
    version = sqlite3.sqlite_version_info
    fixed = version >= FIXED_SQLITE[-1] or any(version[:2] == f[:2] and version >= f for f in FIXED_SQLITE)
    return Finding(
        "sqlite",
        True,
        f"{sqlite3.sqlite_version}, {'with' if fixed else 'without'} the WAL-reset fix",
        ""
        if fixed
        else "The rare WAL-reset fault is avoided by checkpointing from one worker; the image has a fixed one.",
    )


def _redis(settings: Settings) -> Finding:
    if not settings.redis_url:
        return Finding("redis", True, "not used: one worker needs none")
    try:
        client = Redis.from_url(settings.redis_url, socket_connect_timeout=2, socket_timeout=2)
        started = time.perf_counter()
        client.ping()
        took = (time.perf_counter() - started) * 1000
        client.close()
    except RedisError as error:
        advice = (
            "Start Redis or mend HUB_REDIS_URL; until then events between workers come from the log, up to 2 s late."
        )
        return Finding("redis", False, str(error), advice)
    return Finding("redis", True, f"answers in {took:.1f} ms")


def _gemini(settings: Settings) -> Finding:
    if not settings.gemini_api_key:
        return Finding("gemini", True, "no key: the built-in offline ranger answers", "Set GEMINI_API_KEY for Gemini.")
    return asyncio.run(_ask_gemini(settings))


async def _ask_gemini(settings: Settings) -> Finding:
    """Whether the model is there and answers, and which ones there are."""
    model = settings.gemini_model
    gemini = Gemini(settings.gemini_api_key, model, settings.gemini_endpoint, settings.chat_thinking_tokens)
    started = time.perf_counter()
    try:
        await gemini.check_model()
        await try_out(gemini)
        took = time.perf_counter() - started
        return Finding("gemini", True, f"{model} answers in {took:.1f} s", await _models(gemini))
    except RangerError as error:
        advice = f"{_GEMINI.get(error.code, _ANOTHER_MODEL)} {await _models(gemini)}".rstrip()
        return Finding("gemini", False, f"{model}: {_what_is_wrong(error)}", advice)
    finally:
        await gemini.close()


def _what_is_wrong(error: RangerError) -> str:
    what = "the key can use no model of this name" if error.code == "model_gone" else error.code
    return f"{what} ({error.detail})" if error.detail else what


async def _models(gemini: Gemini) -> str:
    """The models that the key can use, as a sentence; empty when nobody says."""
    try:
        names = await gemini.models()
    except RangerError:
        return ""
    return f"The key can use: {', '.join(names) or 'no model'}."


def _clock(settings: Settings) -> Finding:
    """Tokens rely on the clock: it must be plausible, and agree with Redis' where there is one."""
    advice = "Turn on time synchronisation (NTP): tokens rely on the clock."
    if not settings.redis_url:
        return Finding("clock", time.time() > RELEASED, time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()), advice)
    try:
        client = Redis.from_url(settings.redis_url, socket_connect_timeout=2, socket_timeout=2)
        seconds, _ = client.time()
        client.close()
    except RedisError:
        return Finding("clock", time.time() > RELEASED, "Redis has no time to compare with", advice)
    drift = abs(time.time() - float(seconds))
    return Finding("clock", drift < DRIFT_SECONDS, f"{drift:.0f} s off the clock of Redis", advice)


def _open_files() -> Finding:
    # `hub serve` takes all that it may have.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = most == resource.RLIM_INFINITY or most >= OPEN_FILES
    return Finding("open files", enough, f"at most {most} per worker", f"Every visitor needs a file: {ADVICE}.")
