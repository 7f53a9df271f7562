"""What holds of sessions on SQLite holds on PostgreSQL with two workers."""

from tests.integration.test_sessions import *  # noqa: F403
