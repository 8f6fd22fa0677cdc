"""Writers of the generated documents and the schema, and the recipe of the bundled model."""
