"""What holds of versions on SQLite holds on PostgreSQL with two workers."""

from tests.integration.test_versions import *  # noqa: F403
