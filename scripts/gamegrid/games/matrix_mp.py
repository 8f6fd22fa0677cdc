"""One-shot matching pennies: one player wants equal choices, the other different ones."""

from typing import ClassVar

from gamegrid.games.game import Scoring
from gamegrid.games.matrix import MatrixGame


class MatchingPennies(MatrixGame):
    """OpenSpiel's matrix_mp; action 0 is heads and action 1 is tails."""

    short_name = "matrix_mp"
    aliases: ClassVar = {"matching_pennies": "matrix_mp"}
    scoring = Scoring.WIN_LOSS
    stage_title = "Matching pennies"


GAME = MatchingPennies
