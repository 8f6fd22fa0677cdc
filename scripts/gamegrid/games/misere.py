"""Misère tic-tac-toe: the usual board, but whoever completes a line loses."""

from collections.abc import Mapping
from typing import Any, ClassVar

from gamegrid.games.tic_tac_toe import TicTacToe


class MisereTicTacToe(TicTacToe):
    """OpenSpiel's misere wrapper around tic_tac_toe: the same positions with negated returns."""

    short_name = "misere"
    aliases: ClassVar = {"misere_tic_tac_toe": "misere(game=tic_tac_toe())"}
    parameters = frozenset({"game"})
    title = "Misère tic-tac-toe (three in a line loses)"
    family = "tic_tac_toe"

    @classmethod
    def speaks(cls, parameters: Mapping[str, Any]) -> bool:
        return parameters == {"game": {"name": "tic_tac_toe"}}

    def rules(self) -> str:
        return (
            "Two players, x and o, take turns placing their mark on an empty cell of a board of "
            "3 rows and 3 columns; x moves first. Unlike in ordinary tic-tac-toe, the first "
            "player with three marks of their own in a line (a row, a column or a diagonal) LOSES "
            "and the other wins. If all nine cells are full and nobody has a line, the game is a "
            "draw. Cells are named by column letter and row number: a1 is the top left cell, c1 "
            "the top right, a3 the bottom left."
        )


GAME = MisereTicTacToe
