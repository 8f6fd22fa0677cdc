"""What one episode is worth to its seats where the game's own returns do not say it.

Scores in win_loss games are shares in [0, 1], by comparing returns; and a forfeit has a price.
"""

from collections.abc import Collection, Sequence

Scores = list[float]


def by_returns(returns: Sequence[float], forfeiters: Collection[int] = ()) -> Scores:
    """Each seat's share of opponents beaten, a tie counting half: 1, 1/2 or 0 for two seats.

    ``forfeiters`` get 0 and have been beaten by every other seat, whatever the returns.
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
    """Scores of an episode ended by a forfeit: the seats still in tie with each other."""
    return by_returns([0.0] * seats, forfeiters)


def forfeit_returns(seats: int, forfeiters: Collection[int], worst: float) -> list[float]:
    """Returns of a zero-sum episode ended by a forfeit, in the game's own units.

    Each of ``forfeiters`` gets ``worst``, the other seats share what they lose equally. Where
    every seat forfeited there is nobody to pay: 0 for each.
    """
    others = seats - len(forfeiters)
    if not others:
        return [0.0] * seats
    share = -worst * len(forfeiters) / others
    return [worst if seat in forfeiters else share for seat in range(seats)]


def _beaten(own: float, other: float) -> float:
    return 1.0 if own > other else 0.5 if own == other else 0.0
