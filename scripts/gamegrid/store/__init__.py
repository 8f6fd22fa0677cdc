"""Store: the DuckDB schema and the SQL of the tables. Knows nothing of engines."""
