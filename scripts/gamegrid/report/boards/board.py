"""The protocol of boards: a function from a game and a state to an SVG drawing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import pyspiel

from gamegrid.games.game import Game

G = TypeVar("G", bound=Game)


@dataclass(frozen=True, slots=True)
class Board(Generic[G]):
    """How to draw the games of a class and its subclasses.

    ``draw`` returns one ``<svg>`` element. It shows everything in the state, including what a seat
    may not know, and marks the move that led there. Equal states give equal drawings.
    """

    kind: type[G]
    draw: Callable[[G, pyspiel.State], str]
