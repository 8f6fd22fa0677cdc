"""Draw Nim: each pile as a row of what is left of it."""

from collections.abc import Sequence

import pyspiel

from gamegrid.games.nim import Nim
from gamegrid.report.boards import svg
from gamegrid.report.boards.board import Board, Spot


def draw(game: Nim, state: pyspiel.State) -> str:
    """Draw the piles, the first one on top."""
    names = [f"pile {number + 1}" for number in range(len(game.sizes))]
    return piles(f"{game.title}.", names, range(len(names)), state)


def piles(title: str, names: Sequence[str], order: Sequence[int], state: pyspiel.State) -> str:
    """Draw named piles, and mark the one that changed last. ``order``: pile numbers, top first."""
    left = left_in(state)
    widest = svg.ADVANCE * max(map(len, names)) + 4
    changed = [action % len(names) for action in state.history()[-1:]]
    width = widest + 10 * max(_sizes(state, len(names)))
    words = " ".join(f"{names[pile]}: {left[pile]}." for pile in order)
    parts = [
        svg.last(
            svg.shape("rect", x=-widest, y=10 * order.index(pile), width=width, height=10)
            for pile in changed
        ),
        svg.letters(
            (svg.text(names[pile], x=-4, y=10 * row + 7) for row, pile in enumerate(order)),
            anchor="end",
        ),
        *(
            svg.group("pile", (svg.shape("circle", cx=10 * n + 5, cy=10 * row + 5, r=3.5)
                               for n in range(left[pile])))
            for row, pile in enumerate(order)
        ),
    ]  # fmt: skip
    box = (-widest, -1, width, 10 * len(names) + 2)
    return svg.picture(f"{title} {words}", box, parts)


def _sizes(state: pyspiel.State, piles: int) -> list[int]:
    """Return the sizes of the piles at the start."""
    return left_in(state.get_game().new_initial_state())[:piles]


def spot(game: Nim, state: pyspiel.State, action: int) -> Spot:
    """Return a box around the objects that a move takes."""
    taken, pile = divmod(action, len(game.sizes))
    return around(state, pile, pile, taken + 1)


def around(state: pyspiel.State, pile: int, row: int, taken: int) -> Spot:
    """Return a box around the last ``taken`` objects of a pile, which is drawn in ``row``."""
    left = left_in(state)[pile] - taken
    return Spot("box", (10 * left + 0.5, 10 * row + 0.5, 10 * taken - 1, 9))


def left_in(state: pyspiel.State) -> list[int]:
    """Return the number of objects in each pile."""
    return [int(size) for size in state.observation_string(0).split(":")[1].split()]


BOARD = Board(Nim, draw, spot)
