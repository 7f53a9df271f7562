"""Settings: what is wrong stops the start with one line that names it."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hub.config import ConfigError, Settings, load_settings

KEY = "0123456789abcdefghijklmnopqrstuvwxyz"
OTHER_KEY = KEY[::-1]


def load(**environ: str) -> Settings:
    return load_settings({"HUB_SECRET_KEYS": KEY, **environ}, Path("no-such-file"))


def complaint(**environ: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(**environ)
    return str(caught.value)


def test_nothing_needs_to_be_set_in_development(tmp_path: Path) -> None:
    settings = load_settings({"HUB_DATABASE_URL": f"sqlite:///{tmp_path}/hub.db"}, tmp_path / ".env")
    assert (settings.host, settings.port, settings.workers) == ("127.0.0.1", 8000, 1)
    assert (settings.env, settings.limits, settings.drain_seconds) == ("development", True, 10)
    assert settings.redis_url == settings.gemini_api_key == settings.map_tiles == ""
    assert settings.allowed_origins == frozenset()
    assert settings.trusted_proxies == ()


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("HUB_BIND", "8000"),
        ("HUB_BIND", ":8000"),
        ("HUB_BIND", "localhost:"),
        ("HUB_BIND", "localhost:http"),
        ("HUB_BIND", "localhost:65536"),
        ("HUB_BIND", "localhost:²"),
        ("HUB_WORKERS", "0"),
        ("HUB_WORKERS", "257"),
        ("HUB_WORKERS", "1.5"),
        ("HUB_WORKERS", "two"),
        ("HUB_WORKERS", "nan"),
        ("HUB_DATABASE_URL", "mysql://localhost/hub"),
        ("HUB_DATABASE_URL", "var/hub.db"),
        ("HUB_DATABASE_URL", "sqlite:///"),
        ("HUB_REDIS_URL", "localhost:6379"),
        ("HUB_REDIS_URL", "redis://localhost:port"),
        ("HUB_SECRET_KEYS", "short"),
        ("HUB_SECRET_KEYS", "a" * 40),
        ("HUB_SECRET_KEYS", f"{KEY},short"),
        ("HUB_ENV", "prod"),
        ("HUB_ALLOWED_ORIGINS", "*"),
        ("HUB_ALLOWED_ORIGINS", "example.org"),
        ("HUB_ALLOWED_ORIGINS", "https://example.org/"),
        ("HUB_ALLOWED_ORIGINS", "https://example.org?a"),
        ("HUB_ALLOWED_ORIGINS", "https://example.org#a"),
        ("HUB_ALLOWED_ORIGINS", "https://me@example.org"),
        ("HUB_ALLOWED_ORIGINS", "https://"),
        ("HUB_ALLOWED_ORIGINS", "https://[::1"),
        ("HUB_ALLOWED_ORIGINS", "https://example.org:99999"),
        ("HUB_ALLOWED_ORIGINS", "https://good.example, ftp://example.org"),
        ("HUB_TRUSTED_PROXIES", "10.0.0.0/33"),
        ("HUB_TRUSTED_PROXIES", "nginx"),
        ("HUB_DRAIN_SECONDS", "0"),
        ("HUB_DRAIN_SECONDS", "601"),
        ("HUB_DRAIN_SECONDS", "soon"),
        ("HUB_MAP_TILES", "tiles.example.org/{z}/{x}/{y}.png"),
        ("HUB_MAP_TILES", "https://tiles.example.org/{z}.png"),
        ("HUB_LIMITS", "no"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(name: str, wrong: str) -> None:
    text = complaint(**{name: wrong})
    assert text.startswith(name)
    assert "\n" not in text


def test_good_settings_are_taken() -> None:
    settings = load(
        HUB_BIND="[::1]:9000",
        HUB_WORKERS="4",
        HUB_DATABASE_URL="postgresql://hub@localhost/hub",
        HUB_REDIS_URL="redis://:secret@localhost:6379/0",
        HUB_ALLOWED_ORIGINS="https://Parks.example:8443, http://localhost:3000",
        HUB_TRUSTED_PROXIES="127.0.0.1, 10.1.2.3/8, ::1",
        HUB_DRAIN_SECONDS="2.5",
        HUB_MAP_TILES="https://tiles.example/{z}/{x}/{y}.png",
        HUB_LIMITS="off",
    )
    assert (settings.host, settings.port, settings.workers) == ("::1", 9000, 4)
    assert settings.allowed_origins == {"https://parks.example:8443", "http://localhost:3000"}
    assert [str(network) for network in settings.trusted_proxies] == ["127.0.0.1/32", "10.0.0.0/8", "::1/128"]
    assert (settings.drain_seconds, settings.limits) == (2.5, False)


def test_two_workers_need_redis() -> None:
    assert complaint(HUB_WORKERS="2").startswith("HUB_REDIS_URL")
    assert load(HUB_WORKERS="2", HUB_REDIS_URL="redis://localhost").workers == 2


def test_production_wants_keys_and_limits() -> None:
    assert complaint(HUB_ENV="production", HUB_SECRET_KEYS="").startswith("HUB_SECRET_KEYS")
    assert complaint(HUB_ENV="production", HUB_SECRET_KEYS="weak").startswith("HUB_SECRET_KEYS")
    assert complaint(HUB_ENV="production", HUB_LIMITS="off").startswith("HUB_LIMITS")
    assert load(HUB_ENV="production").env == "production"


def test_the_newest_key_comes_first() -> None:
    assert load(HUB_SECRET_KEYS=f"{KEY}, {OTHER_KEY}").secret_keys == (KEY, OTHER_KEY)


def test_a_development_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    environ = {"HUB_DATABASE_URL": f"sqlite:///{tmp_path}/var/hub.db"}
    with ThreadPoolExecutor(8) as pool:
        loaded = list(pool.map(lambda _: load_settings(environ, tmp_path / ".env").secret_keys, range(16)))
    assert len(set(loaded)) == 1
    assert len(loaded[0][0]) >= 32
    (path,) = (tmp_path / "var").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_weak_development_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret-key").write_text("")
    with pytest.raises(ConfigError, match="HUB_SECRET_KEYS"):
        load_settings({"HUB_DATABASE_URL": f"sqlite:///{tmp_path}/hub.db"}, tmp_path / ".env")


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text(f"HUB_SECRET_KEYS={KEY}\nHUB_BIND=0.0.0.0:1\nHUB_LIMITS=off\n")
    settings = load_settings({"HUB_BIND": "127.0.0.1:2"}, dotenv)
    assert (settings.port, settings.limits, settings.secret_keys) == (2, False, (KEY,))


def test_an_empty_setting_is_the_default() -> None:
    assert load(HUB_BIND="", HUB_WORKERS=" ").workers == 1


def test_secrets_are_not_shown() -> None:
    settings = load(GEMINI_API_KEY="gemini-secret", HUB_REDIS_URL="redis://:redis-secret@localhost")
    assert not any(secret in repr(settings) for secret in (KEY, "gemini-secret", "redis-secret"))


def test_a_settings_file_from_a_windows_editor_is_read(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_bytes(b"\xef\xbb\xbfHUB_WORKERS=1\r\nHUB_MAP_TILES=\r\nHUB_DRAIN_SECONDS=3\r\n")
    assert load_settings({"HUB_DATABASE_URL": f"sqlite:///{tmp_path}/hub.db"}, dotenv).drain_seconds == 3
    first = tmp_path / "first.env"
    first.write_bytes(b"\xef\xbb\xbfHUB_DRAIN_SECONDS=4\n")
    assert load_settings({"HUB_DATABASE_URL": f"sqlite:///{tmp_path}/hub.db"}, first).drain_seconds == 4
