"""Who may not write now, for what comes over sockets: read from the store once a second."""

from collections.abc import Awaitable, Callable, Sequence

from hub.moderation import MuteInForce, check_mutes

ReadMutes = Callable[[], Awaitable[Sequence[MuteInForce]]]


async def nobody_muted() -> Sequence[MuteInForce]:
    """The mutes of a hub without moderation."""
    return ()


class Mutes:
    """The mutes as of the last look."""

    def __init__(self, read: ReadMutes) -> None:
        self._read = read
        self._by_member: dict[int, list[MuteInForce]] = {}

    async def refresh(self) -> None:
        """Look at the store. Raises Unavailable."""
        by_member: dict[int, list[MuteInForce]] = {}
        for mute in await self._read():
            by_member.setdefault(mute.user_id, []).append(mute)
        self._by_member = by_member

    def check(self, user_id: int, channel: str) -> None:
        """Raise Muted when the member may not write in the channel."""
        check_mutes(self._by_member.get(user_id, ()), channel)
