"""The stag hunt, once: the best for both is safe for neither."""

from typing import ClassVar

from gamegrid.games.game import Dilemma
from gamegrid.games.matrix import MatrixGame


class StagHunt(MatrixGame):
    """OpenSpiel's matrix_sh; actions 0 and 1 are to hunt the stag and the hare."""

    short_name = "matrix_sh"
    aliases: ClassVar = {"stag_hunt": "matrix_sh"}
    stage_title = "Stag hunt"
    dilemma = Dilemma(cooperate=0, defect=1)


GAME = StagHunt
