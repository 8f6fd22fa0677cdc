"""The DuckDB schema, the SQL of the tables, and the statistics that fill them."""
