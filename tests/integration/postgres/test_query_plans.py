"""No statement has to look through a table that grows: PostgreSQL finds an index for each, too."""

import re
from collections.abc import Iterator

import psycopg
import pytest

from hub.store.migrations import migrate_postgres
from hub.store.parameters import to_psycopg
from hub.store.postgres_session import connect
from tests.services import PostgresCluster
from tests.statements import GROWING, every, is_allowed

PARAMETER = re.compile(rb"%\((\w+)\)s")
SCAN = re.compile(r"Seq Scan on (\w+)")


@pytest.fixture(scope="module")
def database(postgres: PostgresCluster) -> Iterator[psycopg.Connection]:
    url = postgres.create_database()
    with connect(url) as connection:
        migrate_postgres(connection)
    with psycopg.connect(url, autocommit=True) as plain:
        # With nothing in the tables it would rather look through them; and a plan for all values is asked for.
        plain.execute("SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan")
        yield plain


def plan_of(database: psycopg.Connection, sql: str) -> str:
    names: list[bytes] = []

    def number(match: re.Match[bytes]) -> bytes:
        if match[1] not in names:
            names.append(match[1])
        return b"$%d" % (names.index(match[1]) + 1)

    numbered = PARAMETER.sub(number, to_psycopg(sql)).replace(b"%%", b"%")
    database.execute(b"PREPARE one AS " + numbered)
    values = b"(" + b", ".join([b"NULL"] * len(names)) + b")" if names else b""
    rows = database.execute(b"EXPLAIN (COSTS OFF) EXECUTE one" + values).fetchall()
    database.execute(b"DEALLOCATE one")
    return "\n".join(line for (line,) in rows)


def test_no_statement_looks_through_what_grows(database: psycopg.Connection) -> None:
    faults = []
    for where, sql in every("postgresql"):
        plan = plan_of(database, sql)
        if not is_allowed(sql) and any(table in GROWING for table in SCAN.findall(plan)):
            faults.append(f"{where}:\n{sql}\n{plan}\n")
    assert not faults, "\n".join(faults)


def test_an_edit_finds_the_entry_that_it_replaces_at_once(database: psycopg.Connection) -> None:
    compaction = next(sql for _, sql in every("postgresql") if "SET event = NULL" in sql)
    plan = plan_of(database, compaction)
    assert "Index Scan using event_log_live" in plan
    assert re.search(r"Index Cond: \(\(channel_id = \$\d\) AND \(entity = \$\d\)\)", plan), plan
