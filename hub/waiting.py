"""How long a change has waited before it is made: one that waited longer than its client can have is refused.

Whoever asked has given up by then, and may have sent something newer to another worker, which was acknowledged. Two
things let a change wait: a queue, and a process that stands still (stopped, swapped out, a machine that was paused),
during which its clients go unheard. No I/O, no framework.
"""

import time
from collections.abc import Callable
from contextvars import ContextVar

LONGEST_SECONDS = 10.0
STANDSTILL_SECONDS = 2.0
BEAT_SECONDS = 0.25
_REMEMBER_SECONDS = 60.0
Standstill = tuple[float, float]


class Arrival:
    """When the request that is being handled had come whole, on the monotonic clock; None once it is answered."""

    __slots__ = ("at",)

    def __init__(self, at: float) -> None:
        self.at: float | None = at


# What a request leaves running after its answer has nobody who waits for it, hence the object in it.
arrival: ContextVar[Arrival | None] = ContextVar("arrival", default=None)


def asked_at() -> float | None:
    """Since when somebody waits for what is done now: a request's arrival. None where nobody does."""
    request = arrival.get()
    return None if request is None else request.at


class Pulse:
    """Knows when this process stood still: `beat` was not called for longer than `STANDSTILL_SECONDS`.

    `beat` belongs to one thread, `stood_still` to any.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last: float | None = None
        self._standstills: tuple[Standstill, ...] = ()

    def beat(self) -> None:
        """The process goes on. To be called every `BEAT_SECONDS`."""
        now = self._clock()
        if self._last is not None and now - self._last > STANDSTILL_SECONDS:
            recent = (one for one in self._standstills if now - one[1] < _REMEMBER_SECONDS)
            self._standstills = (*recent, (self._last, now))
        self._last = now

    def stop(self) -> None:
        """Nobody beats any more, and that is no standstill."""
        self._last = None

    def stood_still(self, since: float) -> float:
        """For how many seconds it stood still after `since` at the longest; one that ends just now counts."""
        last, now = self._last, self._clock()
        known = self._standstills if last is None else (*self._standstills, (last, now))
        return max((end - max(start, since) for start, end in known), default=0.0)

    def too_late(self, since: float) -> bool:
        """Whether what was asked for at `since` must not be done any more."""
        return self._clock() - since > LONGEST_SECONDS or self.stood_still(since) > STANDSTILL_SECONDS
