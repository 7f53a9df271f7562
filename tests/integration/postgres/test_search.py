"""What holds of the search on SQLite holds on PostgreSQL with two workers."""

from tests.integration.test_search import *  # noqa: F403
