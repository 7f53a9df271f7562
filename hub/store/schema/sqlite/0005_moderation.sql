-- What is hidden counts as deleted wherever things are listed or searched: its deleted_at is set. hidden_at says that
-- its text is still there, for moderators and its author, and that it can come back.
ALTER TABLE posts ADD COLUMN hidden_at TEXT;
ALTER TABLE posts ADD COLUMN hidden_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE reviews ADD COLUMN hidden_at TEXT;
ALTER TABLE reviews ADD COLUMN hidden_reason TEXT NOT NULL DEFAULT '';
CREATE INDEX posts_hidden ON posts (hidden_at) WHERE hidden_at IS NOT NULL;
CREATE INDEX reviews_hidden ON reviews (hidden_at) WHERE hidden_at IS NOT NULL;

CREATE TABLE mutes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    channel_id INTEGER REFERENCES channels (id) ON DELETE CASCADE,
    until TEXT NOT NULL,
    reason TEXT NOT NULL,
    by_id INTEGER REFERENCES users (id) ON DELETE SET NULL,
    created_at TEXT NOT NULL
);
CREATE INDEX mutes_user ON mutes (user_id);
CREATE INDEX mutes_until ON mutes (until);

CREATE TABLE reports (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    post_id INTEGER REFERENCES posts (id) ON DELETE CASCADE,
    review_id INTEGER REFERENCES reviews (id) ON DELETE CASCADE,
    reason TEXT NOT NULL,
    created_at TEXT NOT NULL,
    settled_at TEXT,
    outcome TEXT
);
CREATE UNIQUE INDEX reports_post ON reports (post_id, user_id) WHERE post_id IS NOT NULL;
CREATE UNIQUE INDEX reports_review ON reports (review_id, user_id) WHERE review_id IS NOT NULL;
CREATE INDEX reports_open ON reports (id) WHERE settled_at IS NULL;
CREATE INDEX reports_user ON reports (user_id);

CREATE TABLE audit_log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    actor_id INTEGER REFERENCES users (id) ON DELETE SET NULL,
    action TEXT NOT NULL,
    member_id INTEGER REFERENCES users (id) ON DELETE SET NULL,
    channel_id INTEGER REFERENCES channels (id) ON DELETE SET NULL,
    thing_id INTEGER,
    reason TEXT NOT NULL DEFAULT '',
    until TEXT
);
CREATE INDEX audit_log_actor ON audit_log (actor_id);
CREATE INDEX audit_log_member ON audit_log (member_id);
CREATE INDEX audit_log_channel ON audit_log (channel_id);
