"""Benchmarks of gamegrid: how much of what an engine can do reaches a grid. Not in the package."""
