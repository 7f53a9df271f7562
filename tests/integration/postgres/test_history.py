"""What holds of the history on SQLite holds on PostgreSQL with two workers."""

from tests.integration.test_history import *  # noqa: F403
