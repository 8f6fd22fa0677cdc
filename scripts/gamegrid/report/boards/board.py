"""The interface of drawings: a function from a game and its state to SVG."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

import pyspiel

from gamegrid.games.game import Game, Joint

G = TypeVar("G", bound=Game)


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a move is on a drawing, in the units of the drawing's viewBox.

    ``numbers`` are x, y and radius of a ring; the two ends, x1, y1, x2, y2, of an arrow or a line;
    x, y, width and height of a box.
    """

    form: Literal["ring", "arrow", "line", "box"]
    numbers: tuple[float, ...]

    def plain(self) -> list[str | float]:
        """Return the spot as JSON values: its form, then its numbers."""
        return [self.form, *self.numbers]


@dataclass(frozen=True, slots=True)
class Notation(Generic[G]):
    """The standard notation of a game, which other programs read.

    ``position`` returns a state in the form called ``position_name``. ``record`` returns a whole
    game in the form called ``record_name``; its arguments are the game, the trajectory, and the
    agents' names by seat.
    """

    position_name: str
    position: Callable[[pyspiel.State], str]
    record_name: str
    record: Callable[[G, Sequence[Joint], Sequence[str]], str]


def nowhere(game: Game, state: pyspiel.State, action: int) -> None:
    """Give a move no place, on a drawing that shows the moves in words."""


@dataclass(frozen=True, slots=True)
class Board(Generic[G]):
    """The drawing of the games of a class and its subclasses.

    ``draw`` returns one ``<svg>`` element that shows everything there is in the state, also what
    a seat may not know, and marks the move that led there. Equal states give equal drawings.
    ``seen`` draws what one seat may know, in games with hidden information; without it, a seat gets
    no drawing there. ``spot`` returns where a legal action is on the drawing.
    """

    kind: type[G]
    draw: Callable[[G, pyspiel.State], str]
    spot: Callable[[G, pyspiel.State, int], Spot | None] = nowhere
    seen: Callable[[G, pyspiel.State, int], str] | None = None
    notation: Notation[G] | None = None
