"""Chicken, once: daring pays unless both dare."""

from gamegrid.games.matrix import MatrixGame


class Chicken(MatrixGame):
    """OpenSpiel's matrix_cd; actions 0 and 1 are to dare and to chicken out."""

    short_name = "matrix_cd"
    title = "Chicken (one round)"


GAME = Chicken
