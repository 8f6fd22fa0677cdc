"""Base class for two-player board games with ``rows`` and ``columns`` as parameters."""

from typing import ClassVar

from gamegrid.games.game import Game, Oracle, Scoring


class BoardGame(Game):
    """A two-player board game with one mark per player; small boards are solved by search."""

    scoring = Scoring.WIN_LOSS
    marks: ClassVar[tuple[str, str]] = ("x", "o")
    """The marks of seats 0 and 1, which also serve as the seats' names."""
    solved_cells: ClassVar[int]
    """Largest number of cells for which exhaustive search takes only seconds."""

    @property
    def height(self) -> int:
        """Number of rows."""
        return int(self.spiel.get_parameters()["rows"])

    @property
    def width(self) -> int:
        """Number of columns."""
        return int(self.spiel.get_parameters()["columns"])

    @property
    def oracle(self) -> Oracle:
        return Oracle.EXACT if self.height * self.width <= self.solved_cells else Oracle.NONE

    def seat_name(self, seat: int) -> str:
        return self.marks[seat]
