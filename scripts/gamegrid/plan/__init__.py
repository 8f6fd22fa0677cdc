"""A configuration expanded into cells, deals and jobs."""
