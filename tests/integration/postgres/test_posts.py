"""What holds of posts on SQLite holds on PostgreSQL with two workers."""

from tests.integration.test_posts import *  # noqa: F403
