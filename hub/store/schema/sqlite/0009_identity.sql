-- One row: the name that this database made for itself. Whoever restores it renews it.
CREATE TABLE hub_identity (id TEXT NOT NULL);
INSERT INTO hub_identity VALUES (lower(hex(randomblob(16))));
