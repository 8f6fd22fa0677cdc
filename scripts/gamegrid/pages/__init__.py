"""Writes the generated documents, the schema and the embedded model."""
