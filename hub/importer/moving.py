"""The whole move, as one unit of work."""

from hub.importer.old_site import OldSite
from hub.importer.opinions import move_stars
from hub.importer.people import move_people
from hub.importer.places import move_channels
from hub.importer.quizzes import move_quizzes
from hub.importer.report import Report
from hub.importer.writings import move_writings
from hub.store import channels, log
from hub.store.database import Transaction

# Why the hub has no use for what these tables hold.
_LEFT = {
    "locations": "where somebody was: the hub keeps no trail",
    "ai_messages": "they say nothing of whose they were, and the hub's conversations are private",
}


class OnlyTried(Exception):
    """Raised at the end of a dry run, so that the transaction is undone; carries the report."""

    def __init__(self, report: Report) -> None:
        super().__init__("nothing was changed")
        self.report = report


def move_in(tx: Transaction, site: OldSite, *, dry_run: bool = False) -> Report:
    """Take over what is new in `site`. Raises OnlyTried for a dry run."""
    report = Report(absent=site.absent)
    people = move_people(tx, site, report)
    places = move_channels(tx, site, report)
    for channel in sorted(set(places.values()), key=lambda one: one.id):
        channels.lock(tx, channel)
    changed = move_stars(tx, site, people, places, report)
    changed |= move_writings(tx, site, people, places, report)
    for channel_id in sorted(changed):
        log.renew_epoch(tx, channel_id)
    move_quizzes(tx, site, people, report)
    _tell_left(site, report)
    if dry_run:
        raise OnlyTried(report)
    return report


def _tell_left(site: OldSite, report: Report) -> None:
    for kind, why in _LEFT.items():
        for old in site.tables[kind]:
            report.table(kind).skip(why, old.label)
    for name, rows in site.unused.items():
        report.note("tables that the hub has no use for (rows)", f"{name} ({rows:,})")
