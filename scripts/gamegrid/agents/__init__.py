"""The agents: one file per type, found by its ``AGENT``."""
