"""Rate limits: token buckets, kept by key, that forget the keys which are full again."""

from collections.abc import Callable

import msgspec

from hub.errors import TooManyRequests, in_seconds


class Rate(msgspec.Struct, frozen=True):
    """`burst` at once, refilled at `per_second`."""

    burst: float
    per_second: float


class Bucket:
    """A token bucket for one key. Times are in seconds of a monotonic clock."""

    __slots__ = ("tokens", "updated")

    def __init__(self, rate: Rate, now: float) -> None:
        self.tokens = rate.burst
        self.updated = now

    def take(self, rate: Rate, now: float, cost: float = 1.0) -> float:
        """Take `cost` tokens; returns 0, or after how many seconds there are enough."""
        self.tokens = min(rate.burst, self.tokens + (now - self.updated) * rate.per_second)
        self.updated = now
        if self.tokens >= cost:
            self.tokens -= cost
            return 0.0
        return (cost - self.tokens) / rate.per_second


class Limiter:
    """One rate for many keys (addresses, members)."""

    FORGET_ABOVE = 10_000

    def __init__(self, rate: Rate, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._clock = clock
        self._buckets: dict[str, Bucket] = {}

    def wait_for(self, key: str) -> float:
        """Count one for `key`; returns 0, or after how many seconds it may try again."""
        return self._bucket(key).take(self._rate, self._clock())

    def give_back(self, key: str) -> None:
        """Count one less for `key`."""
        self._bucket(key).take(self._rate, self._clock(), -1.0)

    def counted(self, key: str) -> float:
        """How many for `key` are not yet forgotten."""
        bucket = self._buckets.get(key)
        if bucket is None:
            return 0.0
        bucket.take(self._rate, self._clock(), 0.0)
        return max(0.0, self._rate.burst - bucket.tokens)

    def check_room(self, key: str, what: str) -> None:
        """Raises TooManyRequests when one more for `key` would be over the limit; counts nothing."""
        lacking = self.counted(key) + 1 - self._rate.burst
        self._refuse(lacking / self._rate.per_second, what)

    def check(self, key: str, what: str) -> None:
        """Count one for `key`.

        Raises TooManyRequests when it is over the limit; `what` names it for the user.
        """
        self._refuse(self.wait_for(key), what)

    def _refuse(self, wait: float, what: str) -> None:
        if wait > 0:
            raise TooManyRequests(f"Too many {what}. Try again in {in_seconds(wait)}.", retry_after=wait)

    def _bucket(self, key: str) -> Bucket:
        bucket = self._buckets.get(key)
        if bucket is None:
            if len(self._buckets) >= self.FORGET_ABOVE:
                self._forget(self._clock())
            bucket = self._buckets[key] = Bucket(self._rate, self._clock())
        return bucket

    def _forget(self, now: float) -> None:
        """Forget the full buckets; when hardly any is, those that came first, so that memory and time stay bounded."""
        refill = self._rate.burst / self._rate.per_second
        kept = [(key, bucket) for key, bucket in self._buckets.items() if now - bucket.updated < refill]
        self._buckets = dict(kept[max(0, len(kept) - self.FORGET_ABOVE * 3 // 4) :])
