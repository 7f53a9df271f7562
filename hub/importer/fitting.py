"""Values of the Flask site made to fit the hub's rules. Pure; what had to be changed is said in `notes`."""

import math
import re
import unicodedata
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct

from hub.model import Role, rfc3339
from hub.names import is_visible, line_of
from hub.validation import CONTENT_DEPTH, CONTENT_LIMIT, is_deeper

TITLE, COMMENT, NAME, USERNAME = 255, 4_000, 80, 32
ROLES: dict[str, Role] = {"admin": "admin", "moderator": "moderator"}
OTHER_NAMES = {"buckreef": "buckislandreef", "buckisland": "buckislandreef"}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_MILLISECONDS = 10**11


class Written(Struct, frozen=True):
    """What a post or a review says."""

    title: str
    comment: str
    content: str
    notes: tuple[str, ...]


def clean(text: str) -> str:
    """`text` without characters that cannot be shown, and without space around it; "" when nothing of it shows."""
    cleaned = _CONTROL.sub("", text).strip()
    return cleaned if is_visible(cleaned) else ""


def username_for(uid: str) -> str:
    """The username closest to `uid` that the hub's rules allow; "" when nothing of it can stay."""
    ascii_only = unicodedata.normalize("NFKD", uid.split("@")[0]).encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", ascii_only.strip()).strip("_.-")[:USERNAME]
    return f"{name}-member" if 0 < len(name) < 3 else name


def display_name_for(name: str, username: str) -> str:
    """The name closest to `name` that the hub's rules allow; the username when nothing of it can stay."""
    return " ".join(line_of(clean(name)).replace("@", " ").split())[:NAME].strip() or username


def numbered(name: str, number: int) -> str:
    """`name` with a number, for when it is taken."""
    return f"{name[: USERNAME - len(str(number)) - 1]}-{number}"


def role_for(role: str) -> Role:
    """The hub's role for one of the Flask site."""
    return ROLES.get(role.strip().lower(), "visitor")


def written(title: str, comment: str, content: Any) -> Written | None:
    """Title, text and content within the hub's limits; None when there is nothing in them."""
    was_title, was_comment = line_of(clean(title)), clean(comment)
    if not was_title and not was_comment:
        return None
    notes = []
    fitting_title = _cut(was_title or _first_line(was_comment), TITLE)
    fitting_comment = _cut(was_comment or was_title, COMMENT)
    if len(was_title) > TITLE:
        notes.append(f"title cut to {TITLE} characters")
    if len(was_comment) > COMMENT:
        notes.append(f"text cut to {COMMENT:,} characters")
    if not was_title or not was_comment:
        notes.append("had no title: it has its first line" if was_comment else "had no text: it has its title")
    if (was_title, was_comment) != (title.strip(), comment.strip()):
        notes.append("characters that cannot be shown taken out")
    fitting_content, note = _content(content)
    return Written(fitting_title, fitting_comment, fitting_content, (*notes, *([note] if note else [])))


def _first_line(text: str) -> str:
    return next(filter(None, map(line_of, text.splitlines())), "Without a title")


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _content(raw: Any) -> tuple[str, str]:
    """The content as the JSON text of an object, and what had to be done for that."""
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else "" if raw is None else str(raw)
    text = text.removeprefix("\ufeff")
    if text.strip() in ("", "null", "{}"):
        return "{}", ""
    note = ""
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        value, note = {"text": clean(text)}, "content was not JSON: kept as text"
    if not isinstance(value, dict):
        value, note = {"value": value}, "content was not an object: kept under `value`"
    if is_deeper(value, CONTENT_DEPTH):
        return "{}", f"content left out: nested over {CONTENT_DEPTH} levels"
    encoded = msgspec.json.encode(value)
    if len(encoded) > CONTENT_LIMIT:
        return "{}", f"content left out: {len(encoded):,} bytes, at most {CONTENT_LIMIT:,} are allowed"
    return encoded.decode(), note


def moment(value: Any, now: str) -> str | None:
    """A time of the Flask site as RFC 3339, None when there is none that makes sense before `now`."""
    found = _from_number(value) if isinstance(value, int | float) else _from_text(str(value or "").strip())
    if found is None or found < _EARLIEST:
        return None
    text = rfc3339(found)
    return text if text <= now else None


def _from_number(value: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(value / 1000 if value > _MILLISECONDS else value, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _from_text(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
        # The Flask site stored UTC without saying so.
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def stars(value: Any) -> int | None:
    """Whole stars from 1 to 5, None for anything else."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return int(number) if math.isfinite(number) and number.is_integer() and 1 <= number <= 5 else None


def channel_key(name: str) -> str:
    """What two names of the same channel have in common."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"\bnational (park|monument)\b( (and|&) preserve\b)?", "", plain)
    key = re.sub(r"[^a-z0-9]+", "", plain)
    return OTHER_NAMES.get(key, key)


def slug_for(name: str, number: str) -> str:
    """A slug for a channel that the hub does not have."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain) or ["channel", *re.findall(r"[a-z0-9]+", number.lower())]
    return "-".join(words)[:80].rstrip("-")
