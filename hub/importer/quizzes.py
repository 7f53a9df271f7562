"""The quiz results of the Flask site, which kept the park alone: the points are the middle of that park's band."""

from hub import quiz
from hub.importer.fitting import channel_key, moment
from hub.importer.old_site import OldSite, Record
from hub.importer.opinions import TIMES
from hub.importer.report import Report
from hub.store import imports
from hub.store import quiz as results
from hub.store.database import Transaction


def move_quizzes(tx: Transaction, site: OldSite, people: dict[str, int], report: Report) -> None:
    """Add the results that are missing, oldest first."""
    timed = [(moment(old.get(*TIMES), tx.now) or tx.now, old) for old in site.tables["quiz_results"]]
    for at, old in sorted(timed, key=lambda row: row[0]):
        _move(tx, old, at, people.get(old.reference("user_id")), report)


def points_for(park: str) -> int | None:
    """The points in the middle of the band of the classic that `park` names, None for another park."""
    first = quiz.questions().min_points
    for slug, last in quiz.BANDS:
        if channel_key(park).startswith(channel_key(slug)):
            return (first + last) // 2
        first = last + 1
    return None


def _move(tx: Transaction, old: Record, at: str, user_id: int | None, report: Report) -> None:
    table = report.table("quiz_results")
    points = points_for(old.text("assigned_park"))
    if imports.find(tx, old.label) is not None:
        table.known += 1
    elif user_id is None:
        table.skip("its member is not there", old.label)
    elif points is None:
        table.skip("not one of the quiz's four parks", old.label)
    elif (newest := results.latest(tx, user_id)) is not None and newest.created_at > at:
        table.skip("its member has a newer result here", old.label)
    else:
        taken = quiz.QuizInput(total_points=points)
        now, tx.now = tx.now, at
        made = results.create(tx, user_id, taken, quiz.outcome(taken))
        tx.now = now
        imports.remember(tx, old.label, made.id or 0)
        table.taken += 1
