-- A mark stands for the log's whole history up to its entry, and stays when the entry becomes a tombstone.
ALTER TABLE event_log ADD COLUMN mark TEXT;

-- One living entry for each thing.
UPDATE event_log SET event = NULL WHERE event IS NOT NULL AND EXISTS (
    SELECT 1 FROM event_log AS later WHERE later.channel_id = event_log.channel_id
    AND later.entity = event_log.entity AND later.event IS NOT NULL AND later.seq > event_log.seq);
CREATE UNIQUE INDEX event_log_live ON event_log (channel_id, entity) WHERE event IS NOT NULL;
DROP INDEX event_log_entity;

-- Where a member has written, without looking at everything that was written there.
CREATE INDEX posts_member ON posts (user_id, channel_id, id);
DROP INDEX posts_user;
CREATE INDEX posts_member_hidden ON posts (user_id, id) WHERE hidden_at IS NOT NULL;
CREATE INDEX reviews_member ON reviews (user_id, channel_id, id);
DROP INDEX reviews_user;
CREATE INDEX reviews_member_hidden ON reviews (user_id, id) WHERE hidden_at IS NOT NULL;

-- What is deleted is out of sight at once, and is erased in small steps, which go on after a crash.
ALTER TABLE users ADD COLUMN left_at TEXT;
CREATE INDEX users_left ON users (id) WHERE left_at IS NOT NULL;
ALTER TABLE channels ADD COLUMN deleted_at TEXT;
ALTER TABLE channels ADD COLUMN erased_at TEXT;
CREATE INDEX posts_channel_deleted ON posts (channel_id, id) WHERE deleted_at IS NOT NULL;
CREATE INDEX reviews_channel_deleted ON reviews (channel_id, id) WHERE deleted_at IS NOT NULL;
CREATE INDEX refresh_tokens_expiry ON refresh_tokens (expires_at);

-- Members whose reviews in a channel are still to follow their rating: more than one unit may change.
CREATE TABLE star_changes (
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    channel_id BIGINT NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    PRIMARY KEY (user_id, channel_id)
);
