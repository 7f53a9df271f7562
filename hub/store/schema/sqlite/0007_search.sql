-- The text itself stays in posts and reviews: the index holds its words, and triggers keep it as they are. Words that
-- are taken out stay in the index's pages until these are merged: search_erased says when that is due or under way.
CREATE TABLE search_erased (due INTEGER NOT NULL, merging INTEGER NOT NULL);
INSERT INTO search_erased VALUES (0, 0);

CREATE VIRTUAL TABLE posts_search USING fts5(
    title, comment, content = 'posts', content_rowid = 'id', tokenize = 'porter unicode61'
);
CREATE TRIGGER posts_search_added AFTER INSERT ON posts BEGIN
    INSERT INTO posts_search (rowid, title, comment) VALUES (new.id, new.title, new.comment);
END;
CREATE TRIGGER posts_search_changed AFTER UPDATE OF title, comment ON posts BEGIN
    INSERT INTO posts_search (posts_search, rowid, title, comment) VALUES ('delete', old.id, old.title, old.comment);
    UPDATE search_erased SET due = 1;
    INSERT INTO posts_search (rowid, title, comment) VALUES (new.id, new.title, new.comment);
END;
CREATE TRIGGER posts_search_removed AFTER DELETE ON posts BEGIN
    INSERT INTO posts_search (posts_search, rowid, title, comment) VALUES ('delete', old.id, old.title, old.comment);
    UPDATE search_erased SET due = 1;
END;
INSERT INTO posts_search (posts_search) VALUES ('rebuild');

CREATE VIRTUAL TABLE reviews_search USING fts5(
    title, comment, content = 'reviews', content_rowid = 'id', tokenize = 'porter unicode61'
);
CREATE TRIGGER reviews_search_added AFTER INSERT ON reviews BEGIN
    INSERT INTO reviews_search (rowid, title, comment) VALUES (new.id, new.title, new.comment);
END;
CREATE TRIGGER reviews_search_changed AFTER UPDATE OF title, comment ON reviews BEGIN
    INSERT INTO reviews_search (reviews_search, rowid, title, comment)
    VALUES ('delete', old.id, old.title, old.comment);
    UPDATE search_erased SET due = 1;
    INSERT INTO reviews_search (rowid, title, comment) VALUES (new.id, new.title, new.comment);
END;
CREATE TRIGGER reviews_search_removed AFTER DELETE ON reviews BEGIN
    INSERT INTO reviews_search (reviews_search, rowid, title, comment)
    VALUES ('delete', old.id, old.title, old.comment);
    UPDATE search_erased SET due = 1;
END;
INSERT INTO reviews_search (reviews_search) VALUES ('rebuild');
