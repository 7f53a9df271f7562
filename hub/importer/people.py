"""The members of the Flask site as members of the hub: never merged into an account that is somebody else's."""

from hub.importer.fitting import clean, display_name_for, numbered, role_for, username_for
from hub.importer.old_site import OldSite, Record
from hub.importer.report import Report
from hub.passwords import NOBODY
from hub.store import accounts, imports
from hub.store.database import Transaction
from hub.werkzeug_hashes import is_werkzeug_hash


def move_people(tx: Transaction, site: OldSite, report: Report) -> dict[str, int]:
    """Add the members that are missing; returns the id here for each id there."""
    found = {}
    for old in site.tables["frostbytes"]:
        user_id = _move(tx, old, report)
        if user_id is not None:
            found[old.number] = user_id
    return found


def _move(tx: Transaction, old: Record, report: Report) -> int | None:
    table = report.table("frostbytes")
    uid = clean(old.text("uid", "username"))
    wanted = username_for(uid)
    if not wanted:
        table.skip("no username that can be kept", old.label)
        return None
    source = f"frostbytes {old.number} {uid}"
    known = imports.find(tx, source)
    if known is not None:
        return _known(tx, known, old, report)
    username = _free(tx, wanted)
    _explain(report, uid, wanted, username)
    account = accounts.register(
        tx,
        username,
        display_name_for(old.text("name"), username),
        _hash(old, username, report),
        role_for(old.text("role")),
        vetted=True,
    )
    if account.role != "visitor":
        report.note("have rights here, look whether they should", f"{username} ({account.role})")
    imports.remember(tx, source, account.id)
    table.taken += 1
    return account.id


def _known(tx: Transaction, user_id: int, old: Record, report: Report) -> int | None:
    report.table("frostbytes").known += 1
    if accounts.is_there(tx, user_id):
        return user_id
    report.note("left since they moved in", old.label)
    return None


def _free(tx: Transaction, wanted: str) -> str:
    name, number = wanted, 2
    while accounts.by_username(tx, name) is not None:
        name, number = numbered(wanted, number), number + 1
    return name


def _explain(report: Report, uid: str, wanted: str, username: str) -> None:
    if username != wanted:
        report.note("have another username, because theirs is somebody else's here", f"{uid} → {username}")
    elif username != uid:
        report.note("have another username, because of what a username may contain", f"{uid} → {username}")


def _hash(old: Record, username: str, report: Report) -> str:
    stored = old.text("password").strip()
    if is_werkzeug_hash(stored):
        return stored
    report.note("have no password that works here (set one: hub user reset-password NAME)", username)
    return NOBODY
