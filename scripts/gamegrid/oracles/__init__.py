"""Oracles: how the best play of a game is computed, where it can be."""
