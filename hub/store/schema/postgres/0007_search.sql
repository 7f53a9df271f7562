-- Indexes over what the search computes: nothing to keep in step, and what is deleted is not in them.
CREATE INDEX posts_search ON posts USING gin (
    (setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('english', comment), 'D'))
) WHERE deleted_at IS NULL;
CREATE INDEX reviews_search ON reviews USING gin (
    (setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('english', comment), 'D'))
) WHERE deleted_at IS NULL;
