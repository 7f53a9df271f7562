-- A refresh token knows the one it came after, so that a refresh whose answer was lost can be told from a theft.
ALTER TABLE refresh_tokens ADD COLUMN parent TEXT;
ALTER TABLE refresh_tokens ADD COLUMN voided_at TEXT;
CREATE INDEX refresh_tokens_parent ON refresh_tokens (parent) WHERE parent IS NOT NULL;

-- Whether the log-in came over https: 1, or 0 for plain http. NULL: not known.
ALTER TABLE sessions ADD COLUMN encrypted INTEGER;
