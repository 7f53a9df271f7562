CREATE TABLE import_sources (
    source TEXT PRIMARY KEY,
    new_id BIGINT NOT NULL,
    imported_at TEXT NOT NULL
);
