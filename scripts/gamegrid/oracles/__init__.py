"""Oracles: compute the best play of a game, where that is possible."""
