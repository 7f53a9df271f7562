"""The store: SQL, one module per aggregate, in units of work that are plain functions of a transaction."""
