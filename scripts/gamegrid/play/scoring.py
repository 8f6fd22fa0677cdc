"""Scores of win_loss games, and the returns of episodes that end by a forfeit.

A score is a share in [0, 1] that compares a seat's return with those of its opponents.
"""

from collections.abc import Collection, Sequence

Scores = list[float]


def by_returns(returns: Sequence[float], forfeiters: Collection[int] = ()) -> Scores:
    """Return each seat's share of opponents beaten; a tie counts half.

    Two seats get 1, 1/2 or 0. ``forfeiters`` get 0, and every other seat has beaten them, whatever
    the returns.
    """

    def score(seat: int) -> float:
        if seat in forfeiters:
            return 0.0
        beaten = [
            1.0 if other in forfeiters else _beaten(returns[seat], returns[other])
            for other in range(len(returns))
            if other != seat
        ]
        return sum(beaten) / len(beaten)

    return [score(seat) for seat in range(len(returns))]


def by_forfeit(seats: int, forfeiters: Collection[int]) -> Scores:
    """Return the scores of an episode that a forfeit ended: the other seats tie."""
    return by_returns([0.0] * seats, forfeiters)


def forfeit_returns(seats: int, forfeiters: Collection[int], worst: float) -> list[float]:
    """Return the returns of a zero-sum episode that a forfeit ended, in the game's own units.

    Each of ``forfeiters`` gets ``worst``; the other seats share the loss equally. If every seat
    forfeited, each gets 0.
    """
    others = seats - len(forfeiters)
    if not others:
        return [0.0] * seats
    share = -worst * len(forfeiters) / others
    return [worst if seat in forfeiters else share for seat in range(seats)]


def _beaten(own: float, other: float) -> float:
    return 1.0 if own > other else 0.5 if own == other else 0.0
