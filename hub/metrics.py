"""What the hub counts, for Prometheus. Labels are few and known beforehand: never a name, an address or a text.

Every worker writes into files of one directory (PROMETHEUS_MULTIPROC_DIR, made by the supervisor), and any worker
answers for all of them.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)

requests = Counter("hub_requests", "Requests answered.", ["method", "route", "status"])
request_seconds = Histogram("hub_request_seconds", "Time to answer a request.", ["route"], buckets=SECONDS)
refused = Counter("hub_requests_refused", "Connections that were refused before the application.", ["status"])
open_files_short = Counter("hub_open_files_short", "Seconds in which a worker could open no file.")
sockets = Gauge("hub_sockets", "Open websockets.", multiprocess_mode="livesum")
sockets_behind = Gauge("hub_sockets_behind", "Websockets that do not keep up.", multiprocess_mode="livesum")
sockets_unsent = Gauge(
    "hub_sockets_unsent_bytes", "Bytes that wait for websockets that do not keep up.", multiprocess_mode="livesum"
)
sockets_ended = Counter("hub_sockets_ended", "Websockets that ended.", ["code"])
feeds = Gauge("hub_feeds", "Channels with subscribers, counted on each worker.", multiprocess_mode="livesum")
deliveries = Counter("hub_deliveries", "Frames written to subscribers.")
broker_connected = Gauge("hub_broker_connected", "Workers whose broker is connected.", multiprocess_mode="livesum")
broker_unreadable = Counter("hub_broker_unreadable", "Messages over the broker that were passed over as unreadable.")
units = Counter("hub_store_units", "Units of work that were committed.")
commit_seconds = Histogram("hub_store_commit_seconds", "Time of one commit, all its units.", buckets=SECONDS)


_SOCKET_CODES = frozenset(
    (1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1011, 1012, 4400, 4401, 4403, 4408, 4429, 4508)
)


def socket_ended(code: int) -> None:
    """Count the end of a socket. Its code may be the visitor's, who is free to choose among thousands."""
    sockets_ended.labels(code if code in _SOCKET_CODES else "other").inc()


def exposition() -> bytes:
    """The figures of all workers in Prometheus' text format."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


@contextmanager
def shared_directory() -> Iterator[None]:
    """A fresh directory for the workers' files, named in the environment while the block runs."""
    folder = Path(tempfile.mkdtemp(prefix="hub-metrics-"))
    os.environ[DIRECTORY] = str(folder)
    try:
        yield
    finally:
        del os.environ[DIRECTORY]
        shutil.rmtree(folder, ignore_errors=True)


def worker_ended(pid: int) -> None:
    """Its gauges count no longer."""
    mark_process_dead(pid)  # type: ignore[no-untyped-call]
