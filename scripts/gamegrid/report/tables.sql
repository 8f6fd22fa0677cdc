-- Every table of the results with what it is about.
SELECT result_tables.name, views.comment AS about
FROM result_tables JOIN duckdb_views() AS views ON views.view_name = result_tables.name
WHERE NOT views.internal
ORDER BY place, result_tables.name
