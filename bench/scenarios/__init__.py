"""The scenarios by name."""

from collections.abc import Callable

from bench.context import Context
from bench.report import Result
from bench.scenarios import fanout, latency, ranger, sockets, trouble, workers, writers

SCENARIOS: dict[str, Callable[[Context], Result]] = {
    "fanout-w1": fanout.one_at_a_time,
    "fanout-w16": fanout.sixteen_in_flight,
    "fanout-10k": fanout.ten_thousand,
    "steady": latency.steady,
    "rest": latency.rest,
    "posts": writers.posts,
    "channels": latency.many_channels,
    "memory": sockets.memory,
    "opening": sockets.opening,
    "storm": trouble.storm,
    "slow": trouble.slow_readers,
    "pause": trouble.pause,
    "history": writers.history,
    "redis": workers.two_workers,
    "ranger": ranger.pieces,
}
