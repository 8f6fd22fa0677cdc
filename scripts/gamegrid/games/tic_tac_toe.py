"""Tic-tac-toe: three in a row on a 3 by 3 board."""

import pyspiel

from gamegrid.games.game import Game, Oracle, Scoring, Tag
from gamegrid.games.grids import cell, rows

SIDE = 3
MARKS = ("x", "o")


class TicTacToe(Game):
    """OpenSpiel's tic_tac_toe; action = 3 * row + column."""

    short_name = "tic_tac_toe"
    themes = (Tag.BOARD, Tag.CONNECTION)
    scoring = Scoring.WIN_LOSS
    title = "Tic-tac-toe"
    oracle = Oracle.EXACT
    opening_plies = 2

    def rules(self) -> str:
        return (
            "Two players, x and o, take turns placing their mark on an empty cell of a board of "
            "3 rows and 3 columns; x moves first. The first player with three marks of their own "
            "in a line (a row, a column or a diagonal) wins and the other loses. If all nine "
            "cells are full and nobody has a line, the game is a draw. Cells are named by column "
            "letter and row number: a1 is the top left cell, c1 the top right, a3 the bottom left."
        )

    def seat_name(self, seat: int) -> str:
        return MARKS[seat]

    def observation(self, state: pyspiel.State, seat: int) -> str:
        marks = state.observation_string(seat).replace("\n", "")
        board = rows(SIDE, SIDE, lambda r, c: marks[SIDE * r + c])
        return "\n".join([f"You are {MARKS[seat]}. Empty cells are shown as a dot.", *board])

    def label(self, state: pyspiel.State, seat: int, action: int) -> str:
        return cell(*divmod(action, SIDE))


GAME = TicTacToe
