"""The SQLite file of the earlier Flask site, as its models made it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

TABLES = {
    "frostbytes": "id INTEGER PRIMARY KEY, _name VARCHAR, _uid VARCHAR, _password VARCHAR, _role VARCHAR",
    "groups": "id INTEGER PRIMARY KEY, _name VARCHAR",
    "channels": "id INTEGER PRIMARY KEY, _name VARCHAR, _group_id INTEGER",
    "posts": "id INTEGER PRIMARY KEY, _title VARCHAR, _comment VARCHAR, _content JSON, _user_id INTEGER,"
    " _channel_id INTEGER",
    "camping_posts": "id INTEGER PRIMARY KEY, _title VARCHAR, _comment VARCHAR, _user_id INTEGER, _channel_id INTEGER",
    "reviews": "id INTEGER PRIMARY KEY, title VARCHAR, comment VARCHAR, rating INTEGER, user_id INTEGER,"
    " channel_id INTEGER, timestamp DATETIME",
    "ratings": "id INTEGER PRIMARY KEY, stars, user_id INTEGER, channel_id INTEGER, timestamp DATETIME",
    "analytics": "id INTEGER PRIMARY KEY, channel_id INTEGER, user_id INTEGER, stars INTEGER",
    "locations": "id INTEGER PRIMARY KEY, user_id INTEGER, channel_id INTEGER, latitude FLOAT, longitude FLOAT,"
    " timestamp DATETIME",
    "quiz_results": "id INTEGER PRIMARY KEY, user_id INTEGER, assigned_park VARCHAR, timestamp DATETIME",
    "ai_messages": "id INTEGER PRIMARY KEY, message TEXT, timestamp DATETIME, author VARCHAR, category VARCHAR",
    "votes": "id INTEGER PRIMARY KEY, _vote VARCHAR, _user_id INTEGER, _post_id INTEGER",
}


class FlaskSite:
    """A file with those tables that a test fills: `site.add("posts", (1, "Title", "Text", None, 1, 1))`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, table: str, *rows: Sequence[Any]) -> None:
        """Add rows, each with all columns; the table is made when it is not there."""
        with sqlite3.connect(self.path) as connection:
            connection.execute(f"CREATE TABLE IF NOT EXISTS {table} ({TABLES[table]})")
            for row in rows:
                marks = ", ".join("?" * len(row))
                connection.execute(f"INSERT INTO {table} VALUES ({marks})", row)
        connection.close()

    def run(self, sql: str) -> None:
        """Change the file as no model would."""
        with sqlite3.connect(self.path) as connection:
            connection.execute(sql)
        connection.close()
