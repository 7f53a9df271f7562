"""What holds of reviews on SQLite holds on PostgreSQL with two workers."""

from tests.integration.test_reviews import *  # noqa: F403
