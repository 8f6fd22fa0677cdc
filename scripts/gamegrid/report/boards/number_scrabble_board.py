"""Draw Number Scrabble: the numbers one to nine, by who holds them."""

import pyspiel

from gamegrid.games.number_scrabble import SQUARE, NumberScrabble
from gamegrid.report.boards import svg
from gamegrid.report.boards.board import Board, Spot

TABLE = "on the table"
WIDE = 10
"""Width of a number's place, and height of a row."""


def draw(game: NumberScrabble, state: pyspiel.State) -> str:
    """Draw three rows of numbers: the first player's, those on the table, the second player's."""
    picked = [SQUARE[action] for action in state.history()]
    names = (game.seat_name(0), TABLE, game.seat_name(1))
    rows = (picked[0::2], sorted(set(SQUARE) - set(picked)), picked[1::2])
    words = svg.placed(names, [[str(number) for number in sorted(row)] for row in rows])
    widest = svg.ADVANCE * len(TABLE) + 4
    taken = 0 if len(picked) % 2 else 2
    parts = [
        svg.last(
            svg.shape("rect", x=WIDE * (number - 1), y=WIDE * taken, width=WIDE, height=WIDE)
            for number in picked[-1:]
        ),
        svg.letters((svg.text(name, x=-4, y=WIDE * n + 7) for n, name in enumerate(names)),
                    anchor="end"),
        *(
            svg.letters((svg.text(str(number), x=WIDE * number - 5, y=WIDE * n + 7)
                         for number in row), "numbers")
            for n, row in enumerate(rows)
        ),
    ]  # fmt: skip
    box = (-widest, -1, widest + WIDE * len(SQUARE), 3 * WIDE + 2)
    return svg.picture(f"{game.title}. {words}", box, parts)


def spot(game: NumberScrabble, state: pyspiel.State, action: int) -> Spot:
    """Return the place on the table of the number that a move picks."""
    return Spot("box", (WIDE * (SQUARE[action] - 1) + 0.6, WIDE + 0.6, WIDE - 1.2, WIDE - 1.2))


BOARD = Board(NumberScrabble, draw, spot)
