"""What board games of two players with ``rows`` and ``columns`` as parameters have in common."""

from typing import ClassVar

from gamegrid.games.game import Game, Oracle, Scoring


class BoardGame(Game):
    """Two players with a mark each on a board that is searched to the end where it is small."""

    scoring = Scoring.WIN_LOSS
    marks: ClassVar[tuple[str, str]] = ("x", "o")
    """The marks of seats 0 and 1, which are also their names."""
    solved_cells: ClassVar[int]
    """Boards of up to so many cells are searched in seconds."""

    @property
    def height(self) -> int:
        """Rows of the board."""
        return int(self.spiel.get_parameters()["rows"])

    @property
    def width(self) -> int:
        """Columns of the board."""
        return int(self.spiel.get_parameters()["columns"])

    @property
    def oracle(self) -> Oracle:
        return Oracle.EXACT if self.height * self.width <= self.solved_cells else Oracle.NONE

    def seat_name(self, seat: int) -> str:
        return self.marks[seat]
