"""The one-shot stag hunt: the best outcome for both is risky for each."""

from typing import ClassVar

from gamegrid.games.game import Dilemma
from gamegrid.games.matrix import MatrixGame


class StagHunt(MatrixGame):
    """OpenSpiel's matrix_sh; action 0 hunts the stag and action 1 the hare."""

    short_name = "matrix_sh"
    aliases: ClassVar = {"stag_hunt": "matrix_sh"}
    stage_title = "Stag hunt"
    dilemma = Dilemma(cooperate=0, defect=1)


GAME = StagHunt
