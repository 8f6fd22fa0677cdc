"""Chicken, once: daring pays unless both dare."""

from typing import ClassVar

from gamegrid.games.game import Dilemma
from gamegrid.games.matrix import MatrixGame


class Chicken(MatrixGame):
    """OpenSpiel's matrix_cd; actions 0 and 1 are to dare and to chicken out."""

    short_name = "matrix_cd"
    aliases: ClassVar = {"chicken": "matrix_cd"}
    stage_title = "Chicken"
    dilemma = Dilemma(cooperate=1, defect=0)


GAME = Chicken
