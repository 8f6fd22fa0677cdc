"""One-shot rock-paper-scissors."""

from typing import ClassVar

from gamegrid.games.game import Scoring
from gamegrid.games.matrix import MatrixGame


class RockPaperScissors(MatrixGame):
    """OpenSpiel's matrix_rps; actions 0, 1 and 2 are rock, paper and scissors."""

    short_name = "matrix_rps"
    aliases: ClassVar = {"rock_paper_scissors": "matrix_rps"}
    scoring = Scoring.WIN_LOSS
    stage_title = "Rock-paper-scissors"

    def rules(self) -> str:
        return (
            f"Two players choose {self.choices()} at the same time, without knowing the other's "
            f"choice, once. {self.outcomes()}"
        )

    def outcomes(self) -> str:
        return (
            "Rock beats Scissors, Scissors beats Paper, Paper beats Rock: the winner gets 1 point "
            "and the loser loses 1 point. Equal choices are a draw, 0 points for both."
        )


GAME = RockPaperScissors
