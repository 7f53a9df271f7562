"""What a browser shows to keep limits of its own: a signed note that somebody once logged in there as a member.

It names the member's id and a number that only tells this browser's attempts from others'; nothing is stored of it.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterator, Sequence

MEMBERS = 5
LONGEST = 1_000


class DeviceNotes:
    """Makes and reads the notes. The newest key signs, all keys verify."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = tuple(key.encode() for key in keys)

    def browser(self, notes: str | None, user_id: int) -> str | None:
        """The number of the browser that shows `notes`, None where nobody has logged in as this member."""
        return next((number for member, number in self._read(notes) if member == str(user_id)), None)

    def add(self, notes: str | None, user_id: int) -> str:
        """The notes with one for this member in front; the oldest beyond a few members is dropped."""
        known = [entry for entry in self._read(notes) if entry[0] != str(user_id)][: MEMBERS - 1]
        number = self.browser(notes, user_id) or secrets.token_urlsafe(9)
        return "~".join(self._signed(*entry) for entry in ((str(user_id), number), *known))

    def _read(self, notes: str | None) -> Iterator[tuple[str, str]]:
        for note in (notes or "")[:LONGEST].split("~"):
            member, _, rest = note.partition(".")
            number, _, signature = rest.partition(".")
            given = signature.encode("ascii", "replace")
            if any(hmac.compare_digest(given, _signature(key, member, number)) for key in self._keys):
                yield member, number

    def _signed(self, member: str, number: str) -> str:
        return f"{member}.{number}.{_signature(self._keys[0], member, number).decode()}"


def _signature(key: bytes, member: str, number: str) -> bytes:
    signed = hmac.new(key, f"device.{member}.{number}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(signed[:18])
