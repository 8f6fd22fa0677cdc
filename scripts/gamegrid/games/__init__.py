"""The games: one small module per game or family, found by its ``GAME``.

``load`` turns an alias or an OpenSpiel load string into a ``Game``.
"""

from gamegrid.games.game import Game, Oracle, Scoring
from gamegrid.games.registry import load

__all__ = ["Game", "Oracle", "Scoring", "load"]
