"""Othello (Reversi): enclose discs to flip them; whoever has more discs at the end wins."""

import pyspiel

from gamegrid.games.game import Game, Scoring, Tag
from gamegrid.games.grids import cell, listing, rows

MARKS = ("x", "o")
SIDE = 8
PASS = SIDE * SIDE


class Othello(Game):
    """OpenSpiel's othello; action = 8 * row + column, or 64 to pass."""

    short_name = "othello"
    themes = (Tag.BOARD, Tag.CAPTURE, Tag.TERRITORY)
    scoring = Scoring.WIN_LOSS
    title = "Othello"
    opening_plies = 4

    def rules(self) -> str:
        start = cells(self.spiel.new_initial_state())
        x, o = (
            listing([cell(*divmod(n, SIDE)) for n, mark in enumerate(start) if mark == own])
            for own in MARKS
        )
        return (
            f"Two players, x and o, take turns placing a disc of their own on an empty cell of a "
            f"board of 8 rows and 8 columns; x moves first. Cells are named by column letter, a "
            f"to h from left to right, and row number, 1 to 8 from top to bottom: a1 is the top "
            f"left cell. At the start x has discs on {x} and o on {o}. A disc must be placed so "
            f"that it encloses at least one disc of the other player: starting from the new disc "
            f"in a straight line (horizontal, vertical or diagonal) come one or more discs of the "
            f"other player without a gap, and right behind them a disc of the mover. All discs so "
            f"enclosed, in every direction, are turned over and now belong to the mover. Discs "
            f"are never moved or removed. A player who has such a move must make one; a player "
            f"who has none must pass, and the other player moves. The game ends when neither "
            f"player can place a disc. The player with more discs then wins and the other loses; "
            f"if both have the same number, the game is a draw. A move is the name of a cell, or "
            f'"pass".'
        )

    def seat_name(self, seat: int) -> str:
        return MARKS[seat]

    def observation(self, state: pyspiel.State, seat: int) -> str:
        marks = cells(state)
        board = rows(SIDE, SIDE, lambda r, c: marks[SIDE * r + c])
        return "\n".join(
            [
                f"You are {MARKS[seat]}. Empty cells are shown as a dot; row 1 is the top.",
                *board,
                f"Discs: x {marks.count('x')}, o {marks.count('o')}.",
            ]
        )

    def label(self, state: pyspiel.State, seat: int, action: int) -> str:
        return "pass" if action == PASS else cell(*divmod(action, SIDE))


def cells(state: pyspiel.State) -> str:
    """Return the marks of the 64 cells, row by row; OpenSpiel puts two lines before the board."""
    lines = state.observation_string(0).split("\n")[2 : 2 + SIDE]
    return "".join("".join(line.split()[1:-1]) for line in lines).replace("-", ".")


GAME = Othello
