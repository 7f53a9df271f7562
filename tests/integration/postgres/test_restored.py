"""A dump that was put back with PostgreSQL's own programs, and a database that a newer version has changed."""

import subprocess
from pathlib import Path

import psycopg

from tests.conftest import NewApi, StartHub
from tests.services import PostgresCluster, RedisServer

KEY = "a key of more than thirty-two bytes for these tests"
CHANNEL = "denali"


async def test_after_pg_restore_and_restored_nobody_from_before_is_believed(
    start_hub: StartHub, postgres: PostgresCluster, redis: RedisServer, new_api: NewApi, tmp_path: Path
) -> None:
    hub = start_hub(database_url=postgres.create_database(), redis=redis, settings={"HUB_SECRET_KEYS": KEY})
    ada, later = new_api(hub.base_url), new_api(hub.base_url)
    await ada.register("ada")
    await ada.call("PUT", f"/api/channels/{CHANNEL}/location", json={"latitude": 63.1, "longitude": -151.0})
    dump = tmp_path / "hub.dump"
    subprocess.run([postgres.program("pg_dump"), "--format=custom", "--file", str(dump), hub.database_url], check=True)
    await later.register("later")
    before = await ada.history(CHANNEL)
    tokens = [ada.token, later.token]
    hub.stop()
    subprocess.run(
        [postgres.program("pg_restore"), "--clean", "--if-exists", "--dbname", hub.database_url, str(dump)], check=True
    )
    hub.run("restored")
    hub.start()
    newcomer = new_api(hub.base_url)
    await newcomer.register("newcomer")
    for token in tokens:
        answer = await newcomer.request("GET", "/api/auth/me", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401
    for api in (ada, later):
        assert (await api.request("POST", "/api/auth/refresh")).status_code == 401
    after = await newcomer.history(CHANNEL)
    assert (before["epoch"] != after["epoch"], after["locations"]) == (True, [])


def test_a_database_of_a_newer_version_is_refused_by_serve_and_migrate_alike(
    start_hub: StartHub, postgres: PostgresCluster
) -> None:
    hub = start_hub(database_url=postgres.create_database(), start=False)
    with psycopg.connect(hub.database_url, autocommit=True) as connection:
        connection.execute("INSERT INTO schema_migrations VALUES ('9998_newer.sql', '')")
    for command in ("serve", "migrate"):
        done = hub.try_run(command)
        (line,) = done.stderr.strip().splitlines()
        assert done.returncode == 1 and "HUB_DATABASE_URL" in line and "9998_newer.sql" in line
    assert "9998_newer.sql" in hub.try_run("doctor").stdout


def test_a_database_of_another_program_stops_the_start_with_one_line(
    start_hub: StartHub, postgres: PostgresCluster
) -> None:
    hub = start_hub(database_url="sqlite:///unused.db", start=False)
    hub.database_url = postgres.create_database()
    with psycopg.connect(hub.database_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE schema_migrations (version TEXT)")
    done = hub.try_run("serve")
    (line,) = done.stderr.strip().splitlines()
    assert done.returncode == 1 and "HUB_DATABASE_URL" in line
