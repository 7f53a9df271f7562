-- Which area is shown of a member: cells of about five kilometres and times, never a spot. The secret makes the member's
-- own borders, and stays as long as the account: another one would let the border be measured again.
CREATE TABLE areas (
    user_id INTEGER PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    secret TEXT NOT NULL,
    shown_row INTEGER,
    shown_column INTEGER,
    changed_at TEXT NOT NULL DEFAULT '',
    next_row INTEGER,
    next_column INTEGER,
    due_at TEXT,
    shown_until TEXT NOT NULL DEFAULT ''
);
CREATE INDEX areas_shown ON areas (shown_until) WHERE shown_row IS NOT NULL;

-- Who did it stays known when the account is gone, and where when the channel is gone. No actor and by_operator = 1 is
-- somebody at the hub's command line.
ALTER TABLE audit_log ADD COLUMN actor_name TEXT;
ALTER TABLE audit_log ADD COLUMN channel_slug TEXT;
ALTER TABLE audit_log ADD COLUMN by_operator INTEGER NOT NULL DEFAULT 0;
UPDATE audit_log SET actor_name = (SELECT username FROM users WHERE users.id = audit_log.actor_id),
    channel_slug = (SELECT slug FROM channels WHERE channels.id = audit_log.channel_id);

CREATE INDEX users_staff ON users (id) WHERE role <> 'visitor';
