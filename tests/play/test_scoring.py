"""Scores are shares of opponents beaten, for any number of seats."""

from itertools import product

import pytest

from gamegrid.play.scoring import by_forfeit, by_returns, forfeit_returns


@pytest.mark.parametrize(
    ("returns", "scores"),
    [
        ([1.0, -1.0], [1.0, 0.0]),
        ([-1.0, 1.0], [0.0, 1.0]),
        ([0.0, 0.0], [0.5, 0.5]),
        ([1.0, -0.5, -0.5], [1.0, 0.25, 0.25]),
        ([2.0, 1.0, 0.0], [1.0, 0.5, 0.0]),
        ([0.0, 0.0, 0.0], [0.5, 0.5, 0.5]),
        ([3.0, 3.0, -3.0, -3.0], [5 / 6, 5 / 6, 1 / 6, 1 / 6]),
    ],
)
def test_scores_are_shares_of_opponents_beaten(returns: list[float], scores: list[float]) -> None:
    assert by_returns(returns) == pytest.approx(scores)


@pytest.mark.parametrize("seats", [2, 3, 4])
def test_every_pair_of_seats_shares_one_point(seats: int) -> None:
    for returns in product((-1.0, 0.0, 2.5), repeat=seats):
        scores = by_returns(returns)
        assert sum(scores) == pytest.approx(seats / 2)
        assert all(0 <= score <= 1 for score in scores)
        # All seats are treated alike: permuted returns give equally permuted scores.
        assert by_returns(returns[::-1]) == scores[::-1]
        for seat, other in product(range(seats), repeat=2):
            assert (returns[seat] > returns[other]) == (scores[seat] > scores[other])


@pytest.mark.parametrize(
    ("seats", "forfeiters", "scores"),
    [
        (2, {0}, [0.0, 1.0]),
        (2, {0, 1}, [0.0, 0.0]),
        (3, {1}, [0.75, 0.0, 0.75]),
        (3, {0, 2}, [0.0, 1.0, 0.0]),
        (3, {0, 1, 2}, [0.0, 0.0, 0.0]),
        (4, {3}, [2 / 3, 2 / 3, 2 / 3, 0.0]),
    ],
)
def test_a_forfeiter_has_been_beaten_by_every_other_seat(
    seats: int, forfeiters: set[int], scores: list[float]
) -> None:
    assert by_forfeit(seats, forfeiters) == pytest.approx(scores)


@pytest.mark.parametrize(
    ("seats", "forfeiters", "returns"),
    [
        (2, {0}, [-2.0, 2.0]),
        (2, {0, 1}, [0.0, 0.0]),
        (3, {1}, [1.0, -2.0, 1.0]),
        (3, {0, 2}, [-2.0, 4.0, -2.0]),
        (4, {0, 1, 2, 3}, [0.0, 0.0, 0.0, 0.0]),
    ],
)
def test_forfeiters_have_the_worst_return_and_the_others_share_it(
    seats: int, forfeiters: set[int], returns: list[float]
) -> None:
    assert forfeit_returns(seats, forfeiters, -2.0) == returns


def test_a_forfeit_outweighs_any_return() -> None:
    assert by_returns([9.0, -9.0, 0.0], {0}) == [0.0, 0.5, 1.0]
