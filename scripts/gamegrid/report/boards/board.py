"""What a drawing of a game is: SVG, as a function of the game and one state of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import pyspiel

from gamegrid.games.game import Game

G = TypeVar("G", bound=Game)


@dataclass(frozen=True, slots=True)
class Board(Generic[G]):
    """How the games of a class, its subclasses included, are drawn.

    ``draw`` returns one ``<svg>`` element that shows everything there is in the state, also what
    a seat may not know, and marks the move that led there. Equal states give equal drawings.
    """

    kind: type[G]
    draw: Callable[[G, pyspiel.State], str]
