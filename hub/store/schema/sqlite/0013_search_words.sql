-- The search has the texts' folded words, which only the program can make (hub/folding.py): it adds them when it writes, and
-- what is there already, or is written by an earlier version meanwhile, in maintenance. Triggers take out what is changed.
DROP TRIGGER posts_search_added;
DROP TRIGGER posts_search_changed;
DROP TRIGGER posts_search_removed;
DROP TABLE posts_search;
CREATE TABLE posts_search_words (id INTEGER PRIMARY KEY, title TEXT NOT NULL, comment TEXT NOT NULL, channel TEXT NOT NULL);
CREATE VIRTUAL TABLE posts_search USING fts5(
    title, comment, channel, content = 'posts_search_words', content_rowid = 'id',
    tokenize = 'porter unicode61 remove_diacritics 2'
);
CREATE TRIGGER posts_search_added AFTER INSERT ON posts_search_words BEGIN
    INSERT INTO posts_search (rowid, title, comment, channel) VALUES (new.id, new.title, new.comment, new.channel);
END;
CREATE TRIGGER posts_search_removed AFTER DELETE ON posts_search_words BEGIN
    INSERT INTO posts_search (posts_search, rowid, title, comment, channel)
    VALUES ('delete', old.id, old.title, old.comment, old.channel);
    UPDATE search_erased SET due = 1;
END;
CREATE TRIGGER posts_changed_for_search AFTER UPDATE OF title, comment, deleted_at ON posts BEGIN
    DELETE FROM posts_search_words WHERE id = old.id;
END;
CREATE TRIGGER posts_deleted_for_search AFTER DELETE ON posts BEGIN
    DELETE FROM posts_search_words WHERE id = old.id;
END;

DROP TRIGGER reviews_search_added;
DROP TRIGGER reviews_search_changed;
DROP TRIGGER reviews_search_removed;
DROP TABLE reviews_search;
CREATE TABLE reviews_search_words (id INTEGER PRIMARY KEY, title TEXT NOT NULL, comment TEXT NOT NULL, channel TEXT NOT NULL);
CREATE VIRTUAL TABLE reviews_search USING fts5(
    title, comment, channel, content = 'reviews_search_words', content_rowid = 'id',
    tokenize = 'porter unicode61 remove_diacritics 2'
);
CREATE TRIGGER reviews_search_added AFTER INSERT ON reviews_search_words BEGIN
    INSERT INTO reviews_search (rowid, title, comment, channel) VALUES (new.id, new.title, new.comment, new.channel);
END;
CREATE TRIGGER reviews_search_removed AFTER DELETE ON reviews_search_words BEGIN
    INSERT INTO reviews_search (reviews_search, rowid, title, comment, channel)
    VALUES ('delete', old.id, old.title, old.comment, old.channel);
    UPDATE search_erased SET due = 1;
END;
CREATE TRIGGER reviews_changed_for_search AFTER UPDATE OF title, comment, deleted_at ON reviews BEGIN
    DELETE FROM reviews_search_words WHERE id = old.id;
END;
CREATE TRIGGER reviews_deleted_for_search AFTER DELETE ON reviews BEGIN
    DELETE FROM reviews_search_words WHERE id = old.id;
END;
