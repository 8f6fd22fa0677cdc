"""Report: the page, its figures and its replays, from the database and nothing else."""
