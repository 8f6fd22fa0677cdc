"""The report: the page, its figures and its replays, built from the database alone."""
