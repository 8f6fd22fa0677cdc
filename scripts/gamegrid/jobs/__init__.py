"""The work of the workflow's rules."""
