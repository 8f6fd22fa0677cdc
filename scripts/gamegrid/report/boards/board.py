"""The interface of drawings: a function from a game and its state to SVG."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import pyspiel

from gamegrid.games.game import Game

G = TypeVar("G", bound=Game)


@dataclass(frozen=True, slots=True)
class Board(Generic[G]):
    """The drawing of the games of a class and its subclasses.

    ``draw`` returns one ``<svg>`` element that shows everything there is in the state, also what
    a seat may not know, and marks the move that led there. Equal states give equal drawings.
    """

    kind: type[G]
    draw: Callable[[G, pyspiel.State], str]
