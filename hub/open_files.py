"""How many files a process may have open: each visitor takes one, and without any it can accept nobody."""

import logging
import os
import resource
import time
from collections.abc import Callable

from hub import metrics

RESERVE = 32
REPEAT_SECONDS = 60.0
ADVICE = "raise it with `ulimit -n 65536`, LimitNOFILE= in the unit, or nofile in compose.yaml"
log = logging.getLogger("hub.server")


def raise_limit() -> None:
    """Take all that this process may have; those it starts inherit it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class OpenFiles:
    """Keeps some files free for the work on the connections that are there, and says so when there are none left."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._said_at = -REPEAT_SECONDS
        self._unsaid = 0

    def has_room(self, descriptor: int) -> bool:
        """Whether a connection with this descriptor, the lowest that was free, leaves enough for the others' work."""
        limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if limit == resource.RLIM_INFINITY or descriptor < limit - min(RESERVE, limit // 8):
            return True
        metrics.refused.labels(503).inc()
        self._say(f"no room for another connection: at most {limit} files may be open")
        return False

    def probe(self) -> None:
        """Notice that nothing can be opened: the event loop turns visitors away without a word then."""
        try:
            os.close(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
        except OSError as error:
            metrics.open_files_short.inc()
            self._say(f"no file can be opened, so nobody is let in: {error.strerror}")

    def _say(self, what: str) -> None:
        self._unsaid += 1
        if self._clock() - self._said_at >= REPEAT_SECONDS:
            log.error("%s: %s", what, ADVICE, extra={"times": self._unsaid})
            self._said_at, self._unsaid = self._clock(), 0
