"""One-shot chicken: daring pays unless both dare."""

from typing import ClassVar

from gamegrid.games.game import Dilemma
from gamegrid.games.matrix import MatrixGame


class Chicken(MatrixGame):
    """OpenSpiel's matrix_cd; action 0 dares and action 1 chickens out."""

    short_name = "matrix_cd"
    aliases: ClassVar = {"chicken": "matrix_cd"}
    stage_title = "Chicken"
    dilemma = Dilemma(cooperate=1, defect=0)


GAME = Chicken
