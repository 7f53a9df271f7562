CREATE TABLE ratings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    channel_id INTEGER NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    stars INTEGER NOT NULL CHECK (stars BETWEEN 1 AND 5),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (channel_id, user_id)
);
CREATE INDEX ratings_user ON ratings (user_id);
CREATE INDEX ratings_channel ON ratings (channel_id, id);

CREATE TABLE rating_months (
    channel_id INTEGER NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    month TEXT NOT NULL,
    ratings INTEGER NOT NULL,
    stars INTEGER NOT NULL,
    PRIMARY KEY (channel_id, month)
) WITHOUT ROWID;

CREATE TABLE reviews (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    channel_id INTEGER NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    user_id INTEGER REFERENCES users (id) ON DELETE SET NULL,
    title TEXT NOT NULL,
    comment TEXT NOT NULL,
    content TEXT NOT NULL DEFAULT '{}',
    stars INTEGER CHECK (stars BETWEEN 1 AND 5),
    visited_on TEXT,
    helpful INTEGER NOT NULL DEFAULT 0,
    client_id TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    deleted_at TEXT
);
CREATE INDEX reviews_newest ON reviews (channel_id, id) WHERE deleted_at IS NULL;
CREATE INDEX reviews_highest ON reviews (channel_id, COALESCE(stars, 0), id) WHERE deleted_at IS NULL;
CREATE INDEX reviews_lowest ON reviews (channel_id, (-COALESCE(stars, 6)), id) WHERE deleted_at IS NULL;
CREATE INDEX reviews_helpful ON reviews (channel_id, helpful, id) WHERE deleted_at IS NULL;
CREATE INDEX reviews_user ON reviews (user_id, id);
CREATE UNIQUE INDEX reviews_client_id ON reviews (user_id, client_id) WHERE client_id IS NOT NULL;

CREATE TABLE helpful_votes (
    review_id INTEGER NOT NULL REFERENCES reviews (id) ON DELETE CASCADE,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (review_id, user_id)
) WITHOUT ROWID;
CREATE INDEX helpful_votes_user ON helpful_votes (user_id);
