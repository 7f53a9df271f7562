CREATE TABLE conversations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    channel_id INTEGER REFERENCES channels (id) ON DELETE SET NULL,
    title TEXT NOT NULL DEFAULT '',
    seq INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE INDEX conversations_user ON conversations (user_id, updated_at, id);
CREATE INDEX conversations_channel ON conversations (channel_id) WHERE channel_id IS NOT NULL;

-- An answer names its question. `cuts` are the ends of the pieces of an answer under way, as a JSON list. Its worker
-- counts `beat` up once a second: one whose beat stands still has lost its worker.
CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation_id INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    question_id INTEGER REFERENCES messages (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    text TEXT NOT NULL,
    status TEXT NOT NULL,
    problem TEXT,
    superseded INTEGER NOT NULL DEFAULT 0,
    client_id TEXT,
    cuts TEXT,
    beat INTEGER NOT NULL DEFAULT 0,
    stopping INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE INDEX messages_conversation ON messages (conversation_id, id);
CREATE INDEX messages_question ON messages (question_id) WHERE question_id IS NOT NULL;
CREATE UNIQUE INDEX messages_streaming ON messages (conversation_id) WHERE status = 'streaming';
CREATE UNIQUE INDEX messages_client_id ON messages (conversation_id, client_id) WHERE client_id IS NOT NULL;

-- What an answer rests on. Titles of posts and reviews are not kept here: what is deleted is gone from here, too.
CREATE TABLE message_sources (
    message_id INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    kind TEXT NOT NULL,
    ref TEXT NOT NULL,
    post_id INTEGER,
    review_id INTEGER,
    title TEXT NOT NULL,
    href TEXT NOT NULL,
    stamp TEXT,
    PRIMARY KEY (message_id, position)
) WITHOUT ROWID;

CREATE TABLE chat_usage (
    user_id INTEGER PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    minute TEXT NOT NULL,
    in_minute INTEGER NOT NULL,
    day TEXT NOT NULL,
    in_day INTEGER NOT NULL
);

CREATE TABLE chat_days (
    day TEXT PRIMARY KEY,
    questions INTEGER NOT NULL
);
