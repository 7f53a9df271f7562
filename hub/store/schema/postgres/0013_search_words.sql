-- As on SQLite. Words are stemmed as there, and none is left out: what is looked for decides what says nothing.
CREATE TEXT SEARCH DICTIONARY hub_stem (TEMPLATE = snowball, LANGUAGE = porter);
CREATE TEXT SEARCH CONFIGURATION hub_words (COPY = pg_catalog.simple);
ALTER TEXT SEARCH CONFIGURATION hub_words ALTER MAPPING FOR asciiword, word, numword WITH hub_stem;

DROP INDEX posts_search;
CREATE TABLE posts_search_words (
    id BIGINT PRIMARY KEY REFERENCES posts ON DELETE CASCADE,
    title TEXT NOT NULL,
    comment TEXT NOT NULL,
    channel TEXT NOT NULL,
    words TSVECTOR NOT NULL GENERATED ALWAYS AS (
        setweight(to_tsvector('hub_words'::regconfig, title), 'A')
        || setweight(to_tsvector('hub_words'::regconfig, comment), 'D')
        || setweight(to_tsvector('simple'::regconfig, channel), 'C')
    ) STORED
);
CREATE INDEX posts_search ON posts_search_words USING gin (words);
CREATE FUNCTION posts_changed_for_search() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM posts_search_words WHERE id = OLD.id;
    RETURN NULL;
END $$;
CREATE TRIGGER posts_changed_for_search AFTER UPDATE OF title, comment, deleted_at ON posts
    FOR EACH ROW EXECUTE FUNCTION posts_changed_for_search();

DROP INDEX reviews_search;
CREATE TABLE reviews_search_words (
    id BIGINT PRIMARY KEY REFERENCES reviews ON DELETE CASCADE,
    title TEXT NOT NULL,
    comment TEXT NOT NULL,
    channel TEXT NOT NULL,
    words TSVECTOR NOT NULL GENERATED ALWAYS AS (
        setweight(to_tsvector('hub_words'::regconfig, title), 'A')
        || setweight(to_tsvector('hub_words'::regconfig, comment), 'D')
        || setweight(to_tsvector('simple'::regconfig, channel), 'C')
    ) STORED
);
CREATE INDEX reviews_search ON reviews_search_words USING gin (words);
CREATE FUNCTION reviews_changed_for_search() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM reviews_search_words WHERE id = OLD.id;
    RETURN NULL;
END $$;
CREATE TRIGGER reviews_changed_for_search AFTER UPDATE OF title, comment, deleted_at ON reviews
    FOR EACH ROW EXECUTE FUNCTION reviews_changed_for_search();
