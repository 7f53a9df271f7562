CREATE TABLE import_sources (
    source TEXT PRIMARY KEY,
    new_id INTEGER NOT NULL,
    imported_at TEXT NOT NULL
) WITHOUT ROWID;
