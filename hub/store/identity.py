"""Which database this is. Tokens and the topics between workers are bound to it, so that no two hubs ever cross.

Each database makes a name for itself when it is made. A copy has the same name, but lies elsewhere: what counts is the
name together with the place. A restore begins another life, under another name.
"""

import hashlib
import os
import secrets

from hub.store import accounts, locations, log
from hub.store.database import Transaction, required

CHAT_LEAP = 1_000_000


def current(tx: Transaction) -> str:
    """The same for all workers on this database, and another one for every copy of it and after each restore."""
    name = required(tx.one("SELECT id FROM hub_identity"))["id"]
    place = _file(tx) if tx.engine == "sqlite" else _cluster(tx)
    return hashlib.sha256(f"{name} {place}".encode()).hexdigest()[:32]


def renew(tx: Transaction) -> None:
    """Begin another life with the state of an earlier moment: nothing from before it is believed any more.

    Every session ends, every channel's log has a new epoch, and nobody is where they were then.
    """
    tx.run("UPDATE hub_identity SET id = :id", id=secrets.token_hex(16))
    epochs = [{"id": row["id"], "epoch": log.new_epoch()} for row in tx.all("SELECT id FROM channels")]
    tx.many("UPDATE channels SET epoch = :epoch WHERE id = :id", epochs)
    # A conversation has no epoch: its numbers go on above all that an open window may know.
    tx.run("UPDATE conversations SET seq = seq + :leap", leap=CHAT_LEAP)
    locations.forget_all(tx)
    accounts.end_everybodys_sessions(tx)


def _file(tx: Transaction) -> str:
    status = os.stat(required(tx.one("PRAGMA database_list"))["file"])
    return f"{status.st_dev} {status.st_ino}"


def _cluster(tx: Transaction) -> str:
    row = required(
        tx.one(
            """SELECT oid, has_function_privilege('pg_control_system()', 'execute') AS may_ask
            FROM pg_database WHERE datname = current_database()"""
        )
    )
    if not row["may_ask"]:
        return str(row["oid"])
    return f"{row['oid']} {required(tx.one('SELECT system_identifier FROM pg_control_system()'))['system_identifier']}"
