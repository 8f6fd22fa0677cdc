"""Phantom tic-tac-toe: three in a row without seeing the other player's marks."""

from gamegrid.games.phantom import PhantomGame


class PhantomTicTacToe(PhantomGame):
    """OpenSpiel's phantom_ttt."""

    short_name = "phantom_ttt"
    abrupt_version = "abrupt"
    side = 3

    @property
    def title(self) -> str:
        return f"Phantom tic-tac-toe{self.variant}"

    def rules(self) -> str:
        return (
            f"Two players, x and o, take turns placing their mark on an empty cell of a board of "
            f"3 rows and 3 columns; x moves first. {self.blindness()} The first player with three "
            f"marks of their own in a line (a row, a column or a diagonal) wins and the other "
            f"loses. If all nine cells are full and nobody has a line, the game is a draw. Cells "
            f"are named by column letter and row number: a1 is the top left cell, c1 the top "
            f"right, a3 the bottom left."
        )


GAME = PhantomTicTacToe
