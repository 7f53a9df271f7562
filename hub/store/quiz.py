"""Quiz results: each belongs to one member and is nobody else's business; they go with the account."""

import msgspec
from msgspec import Struct

from hub.cursor import decode_cursor, encode_cursor
from hub.errors import NotFound
from hub.model import later_than
from hub.quiz import Match, Outcome, ParkName, QuizInput
from hub.store.database import Row, Transaction, Value, required


class QuizResult(Struct, frozen=True):
    """What the quiz said; `id` is null for a guest's, which is not stored, `answers` when points alone were sent."""

    id: int | None
    total_points: int
    park: ParkName
    matches: list[Match]
    answers: dict[str, str] | None
    created_at: str
    updated_at: str


class QuizPage(Struct, frozen=True):
    """Results, newest first; `next` continues with older ones."""

    items: list[QuizResult]
    next: str | None


def create(tx: Transaction, user_id: int, taken: QuizInput, said: Outcome) -> QuizResult:
    """Store a new result."""
    row = tx.one(
        """INSERT INTO quiz_results (user_id, answers, total_points, park, park_name, matches, created_at, updated_at)
        VALUES (:user, :answers, :total_points, :park, :park_name, :matches, :now, :now) RETURNING *""",
        user=user_id,
        now=tx.now,
        **_columns(taken, said),
    )
    return _result(required(row))


def latest(tx: Transaction, user_id: int) -> QuizResult | None:
    """The member's newest result, None when there is none."""
    row = tx.one("SELECT * FROM quiz_results WHERE user_id = :user ORDER BY id DESC LIMIT 1", user=user_id)
    return None if row is None else _result(row)


def page(tx: Transaction, user_id: int, limit: int, cursor: str | None = None) -> QuizPage:
    """The member's results, newest first. Raises InvalidInput for a cursor that is not ours."""
    rows = tx.all(
        "SELECT * FROM quiz_results WHERE user_id = :user AND id < :before ORDER BY id DESC LIMIT :limit",
        user=user_id,
        before=2**63 - 1 if cursor is None else int(str(decode_cursor(cursor, int)[0])),
        limit=limit + 1,
    )
    following = encode_cursor(rows[limit - 1]["id"]) if len(rows) > limit else None
    return QuizPage([_result(row) for row in rows[:limit]], following)


def get(tx: Transaction, user_id: int, result_id: int) -> QuizResult:
    """One of the member's results. Raises NotFound, also for somebody else's."""
    row = tx.one("SELECT * FROM quiz_results WHERE id = :id AND user_id = :user", id=result_id, user=user_id)
    return _result(_there(row, result_id))


def update(tx: Transaction, user_id: int, result_id: int, taken: QuizInput, said: Outcome) -> QuizResult:
    """Replace one of the member's results. Raises NotFound, also for somebody else's."""
    before = get(tx, user_id, result_id)
    row = tx.one(
        """UPDATE quiz_results SET answers = :answers, total_points = :total_points, park = :park,
        park_name = :park_name, matches = :matches, updated_at = :now WHERE id = :id AND user_id = :user RETURNING *""",
        id=result_id,
        user=user_id,
        now=later_than(before.updated_at, tx.now),
        **_columns(taken, said),
    )
    return _result(_there(row, result_id))


def delete(tx: Transaction, user_id: int, result_id: int) -> None:
    """Remove one of the member's results. Raises NotFound, also for somebody else's."""
    row = tx.one("DELETE FROM quiz_results WHERE id = :id AND user_id = :user RETURNING id", id=result_id, user=user_id)
    _there(row, result_id)


def result_of(taken: QuizInput, said: Outcome, now: str) -> QuizResult:
    """A result that is not stored."""
    return QuizResult(None, said.total_points, said.park, said.matches, taken.answers, now, now)


def _there(row: Row | None, result_id: int) -> Row:
    if row is None:
        raise NotFound(f"You have no quiz result {result_id}.")
    return row


def _columns(taken: QuizInput, said: Outcome) -> dict[str, Value]:
    return {
        "answers": None if taken.answers is None else msgspec.json.encode(taken.answers).decode(),
        "total_points": said.total_points,
        "park": said.park.slug,
        "park_name": said.park.name,
        "matches": msgspec.json.encode(said.matches).decode(),
    }


def _result(row: Row) -> QuizResult:
    return QuizResult(
        id=row["id"],
        total_points=row["total_points"],
        park=ParkName(row["park"], row["park_name"]),
        matches=msgspec.json.decode(row["matches"], type=list[Match]),
        answers=None if row["answers"] is None else msgspec.json.decode(row["answers"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
