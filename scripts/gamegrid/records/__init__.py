"""What lies on disk between jobs: record types, chunk files, the journal and its upkeep."""
