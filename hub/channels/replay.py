"""The newest frames of a channel in memory, so that most resumes need no database."""

from hub.channels.frames import payload_of, text_frame
from hub.events import tombstone_of
from hub.marks import mark_in

CAPACITY = 256
CAPACITY_BYTES = 128 * 1024
JOINED = 8


class ReplayRing:
    """Consecutive frames up to the channel's head, compacted by entity as the log is."""

    def __init__(self, channel: str, seq: int, mark: str = "") -> None:
        self.seq = seq
        self.mark = mark
        self._channel = channel
        self._first = seq + 1
        self._before = mark
        self._frames: dict[int, bytes] = {}
        self._newest: dict[str, int] = {}
        self._size = 0
        self._joined: dict[int, bytes] = {}

    def append(self, seq: int, entity: str, frame: bytes) -> None:
        """Add the frame of the next `seq`."""
        self._joined.clear()
        self._bury(self._newest.get(entity, 0))
        self._newest[entity] = seq
        self._frames[seq] = frame
        self._size += len(frame)
        self.seq = seq
        self.mark = mark_in(frame)
        while len(self._frames) > CAPACITY or (self._size > CAPACITY_BYTES and len(self._frames) > 1):
            oldest = self._frames.pop(self._first)
            self._before = mark_in(oldest)
            self._size -= len(oldest)
            self._first += 1
        if len(self._newest) > 2 * CAPACITY:
            self._newest = {entity: at for entity, at in self._newest.items() if at >= self._first}

    def mark_at(self, seq: int) -> str:
        """The mark of `seq`, empty when it is not known here."""
        if seq == self.seq:
            return self.mark
        if seq == self._first - 1:
            return self._before
        return mark_in(self._frames.get(seq, b""))

    def forget(self) -> None:
        """Drop all frames: replays are read from the log again."""
        self._frames.clear()
        self._newest.clear()
        self._joined.clear()
        self._size = 0
        self._first, self._before = self.seq + 1, self.mark

    def after(self, seq: int) -> bytes | None:
        """All frames after `seq` as one piece, or None when some are no longer here."""
        if seq == self.seq:
            return b""
        if not self._first - 1 <= seq < self.seq:
            return None
        joined = self._joined.get(seq)
        if joined is None:
            if len(self._joined) >= JOINED:
                self._joined.clear()
            joined = b"".join(self._frames[n] for n in range(seq + 1, self.seq + 1))
            self._joined[seq] = joined
        return joined

    def forget_joined(self) -> None:
        """Keep no copies: they are for many who come at the same moment."""
        self._joined.clear()

    def _bury(self, seq: int) -> None:
        if seq < self._first:
            return
        earlier = self._frames[seq]
        stone = text_frame(tombstone_of(self._channel, seq, payload_of(earlier)))
        self._size += len(stone) - len(earlier)
        self._frames[seq] = stone
