"""One scale for the returns of different games: random play at 0, a reference at 1."""


def normalized_return(mean: float, random: float, reference: float) -> float | None:
    """(R - R_random) / (R_reference - R_random), all in the game's own units.

    Below 0 is worse than random, above 1 better than the reference. None where the two are equal.
    """
    return None if reference == random else (mean - random) / (reference - random)
