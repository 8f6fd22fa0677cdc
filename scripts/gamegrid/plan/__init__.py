"""Expand a configuration into cells, deals and jobs."""
