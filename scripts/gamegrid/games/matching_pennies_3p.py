"""Matching pennies for three players, once: a circle of two who match and one who does not."""

from gamegrid.games.matrix import MatrixGame


class MatchingPenniesForThree(MatrixGame):
    """OpenSpiel's matching_pennies_3p, whose points do not add up to zero."""

    short_name = "matching_pennies_3p"
    stage_title = "Matching pennies for 3 players"


GAME = MatchingPenniesForThree
