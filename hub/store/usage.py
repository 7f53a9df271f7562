"""How many questions were asked: by a member in this minute and on this day (UTC), and by all on this day."""

from datetime import UTC, datetime, timedelta

from msgspec import Struct

from hub.errors import TooManyRequests, in_seconds
from hub.store.database import Transaction, required


class ChatLimits(Struct, frozen=True):
    """Questions that may be asked: a member's in a minute and in a day, and everybody's in a day."""

    per_minute: int
    per_day: int
    hub_per_day: int


def count(tx: Transaction, user_id: int, limits: ChatLimits) -> None:
    """Count a question. Raises TooManyRequests, and then nothing is counted."""
    minute, day = tx.now[:16], tx.now[:10]
    row = required(
        tx.one(
            """INSERT INTO chat_usage (user_id, minute, in_minute, day, in_day) VALUES (:user, :minute, 1, :day, 1)
            ON CONFLICT (user_id) DO UPDATE SET
            in_minute = CASE WHEN chat_usage.minute = :minute THEN chat_usage.in_minute + 1 ELSE 1 END,
            in_day = CASE WHEN chat_usage.day = :day THEN chat_usage.in_day + 1 ELSE 1 END,
            minute = :minute, day = :day RETURNING in_minute, in_day""",
            user=user_id,
            minute=minute,
            day=day,
        )
    )
    if row["in_day"] > limits.per_day:
        raise _too_many(tx.now, f"You have asked your {limits.per_day} questions for today.", "tomorrow")
    if row["in_minute"] > limits.per_minute:
        raise _too_many(tx.now, "That was a lot of questions in a minute: give the ranger a breath.", "minute")
    asked = required(
        tx.one(
            """INSERT INTO chat_days (day, questions) VALUES (:day, 1)
            ON CONFLICT (day) DO UPDATE SET questions = chat_days.questions + 1 RETURNING questions""",
            day=day,
        )
    )
    if asked["questions"] > limits.hub_per_day:
        raise _too_many(tx.now, "The ranger has answered all the questions that it may today.", "tomorrow")


def _too_many(now: str, what: str, until: str) -> TooManyRequests:
    moment = datetime.fromisoformat(now).astimezone(UTC)
    if until == "minute":
        wait = 60 - moment.second
        return TooManyRequests(f"{what} Try again in {in_seconds(wait)}.", retry_after=wait)
    midnight = (moment + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return TooManyRequests(f"{what} Try again after midnight UTC.", retry_after=(midnight - moment).total_seconds())
