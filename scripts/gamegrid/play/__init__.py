"""Play: the episode loop, the chunk runner and the journal. Knows nothing of tables."""
