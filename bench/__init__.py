"""Benchmarks: how much of an engine's speed reaches a grid. Not part of the package."""
