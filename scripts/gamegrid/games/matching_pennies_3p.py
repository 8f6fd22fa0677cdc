"""One-shot matching pennies for three players: two each match a neighbour, one mismatches."""

from gamegrid.games.matrix import MatrixGame


class MatchingPenniesForThree(MatrixGame):
    """OpenSpiel's matching_pennies_3p, which is not zero-sum."""

    short_name = "matching_pennies_3p"
    stage_title = "Matching pennies for 3 players"


GAME = MatchingPenniesForThree
