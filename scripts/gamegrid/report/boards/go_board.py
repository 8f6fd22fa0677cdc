"""Draw Go: stones on the intersections of lines."""

import pyspiel

from gamegrid.games.go import MARKS, SEATS, Go
from gamegrid.report.boards import squares, svg
from gamegrid.report.boards.board import Board, Spot
from gamegrid.report.boards.squares import CELL

WOOD = "#d8b878"
STONES = ("#111", "#fff")
"""The same on a dark page, because the players are named after these colours."""


def draw(game: Go, state: pyspiel.State) -> str:
    """Draw the stones on the board, and mark the last one."""
    side = game.side
    lines = state.observation_string(0).split("\n")[2 : 2 + side]
    rows = [line.split()[1] for line in lines]
    owned = [squares.of(mark, rows) for mark in MARKS]
    words = svg.placed(SEATS, [squares.names(places) for places in owned])
    newest = [_place(side, action) for action in state.history()[-1:] if action < side**2]
    parts = [
        svg.shape("rect", width=CELL * side, height=CELL * side, fill=WOOD),
        svg.shape("path", d=_lines(side), fill="none", stroke="#333", stroke_width=0.4),
        *(
            svg.group(
                f"seat-{seat}",
                (svg.shape("circle", cx=CELL * c + 5, cy=CELL * r + 5, r=4.4) for r, c in places),
                fill=STONES[seat],
                stroke="#333",
                stroke_width=0.4,
            )
            for seat, places in enumerate(owned)
        ),
        svg.group(
            "last",
            (svg.shape("circle", cx=CELL * c + 5, cy=CELL * r + 5, r=1.6) for r, c in newest),
            fill="#e4572e",
        ),
    ]
    return squares.board(f"{game.title}. {words}", side, side, parts, kind="wood")


def _lines(side: int) -> str:
    long = CELL * (side - 1)
    places = range(5, CELL * side, CELL)
    return "".join(f"M5 {place}h{long}M{place} 5v{long}" for place in places)


def spot(game: Go, state: pyspiel.State, action: int) -> Spot | None:
    """Return the point of a move; a pass has none."""
    return squares.ring(*_place(game.side, action)) if action < game.side**2 else None


def _place(side: int, action: int) -> squares.Square:
    return side - 1 - action // side, action % side


BOARD = Board(Go, draw, spot)
