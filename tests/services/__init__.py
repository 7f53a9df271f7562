"""Real services for the tests: the hub, Redis, nginx and PostgreSQL as processes of their own.

Everything listens on a free loopback port and keeps its files in a temporary folder. A process is only
ever stopped by the id of the process that was started here. Starting and stopping block for up to a few
seconds; a test that holds websockets open meanwhile calls them with `await asyncio.to_thread(hub.stop)`.
"""

from tests.services.hub import HubProcess, worker_index
from tests.services.nginx import NginxServer
from tests.services.postgres import PostgresCluster
from tests.services.process import (
    ROOT,
    Service,
    accepts,
    child_pids,
    command_line,
    find_program,
    free_port,
    wait_until,
)
from tests.services.redis import RedisServer

__all__ = [
    "ROOT",
    "HubProcess",
    "NginxServer",
    "PostgresCluster",
    "RedisServer",
    "Service",
    "accepts",
    "child_pids",
    "command_line",
    "find_program",
    "free_port",
    "wait_until",
    "worker_index",
]
