-- The answers (null when points alone were sent) and the matches are JSON: a result stays as it was given.
CREATE TABLE quiz_results (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    answers TEXT,
    total_points INTEGER NOT NULL,
    park TEXT NOT NULL,
    park_name TEXT NOT NULL,
    matches TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE INDEX quiz_results_user ON quiz_results (user_id, id);
