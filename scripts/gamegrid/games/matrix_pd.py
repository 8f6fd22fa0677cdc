"""The prisoner's dilemma, once: each gains by defecting, and both lose by it."""

from typing import ClassVar

from gamegrid.games.base import Dilemma
from gamegrid.games.matrix import MatrixGame


class PrisonersDilemma(MatrixGame):
    """OpenSpiel's matrix_pd; actions 0 and 1 are to cooperate and to defect."""

    short_name = "matrix_pd"
    aliases: ClassVar = {"prisoners_dilemma": "matrix_pd"}
    stage_title = "Prisoner's dilemma"
    dilemma = Dilemma(cooperate=0, defect=1)


GAME = PrisonersDilemma
