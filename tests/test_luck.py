"""Luck depends only on where it is drawn: neither the order of play nor an opponent changes it."""

from collections import Counter
from dataclasses import replace
from itertools import product
from random import Random

import pytest

from gamegrid.luck import Place, deal_draw

PLACE = Place(seed=1, game="kuhn_poker", deal=2, matchup="a--b", seating=0, seat=1)
OTHERS = [
    replace(PLACE, seed=2),
    replace(PLACE, game="leduc_poker"),
    replace(PLACE, deal=3),
    replace(PLACE, seating=1),
    replace(PLACE, seat=0),
]


def first(luck: Random) -> float:
    return luck.random()


def test_a_draw_is_the_same_again_and_starts_afresh() -> None:
    luck = PLACE.draw(4, "fallback")
    sequence = [luck.random() for _ in range(5)]
    again = PLACE.draw(4, "fallback")
    assert [again.random() for _ in range(5)] == sequence


def test_every_part_of_the_place_but_the_matchup_changes_the_draw() -> None:
    draws = [first(place.draw(4, "fallback")) for place in [PLACE, *OTHERS]]
    draws += [first(PLACE.draw(5, "fallback")), first(PLACE.draw(4, "random"))]
    assert len(set(draws)) == len(draws)
    assert first(replace(PLACE, matchup="a--c").draw(4, "fallback")) == draws[0]


def test_numbers_do_not_run_into_each_other() -> None:
    # Deal 1 of seating 12 is not deal 11 of seating 2.
    places = [
        replace(PLACE, deal=deal, seating=seating, seat=seat)
        for deal, seating, seat in product((1, 11, 111), (0, 1, 11), (0, 1, 11))
    ]
    draws = [first(place.draw(ply, "x")) for place in places for ply in (1, 11)]
    assert len(set(draws)) == len(draws)


def test_a_deals_luck_is_no_seats_luck() -> None:
    draws = {first(deal_draw(1, "kuhn_poker", deal, p)) for deal in range(20) for p in ("a", "b")}
    draws |= {first(replace(PLACE, deal=deal).draw(0, "a")) for deal in range(20)}
    assert len(draws) == 60
    assert first(deal_draw(1, "g", 0, "a")) == first(deal_draw(1, "g", 0, "a"))


@pytest.mark.parametrize("purpose", ["random", "fallback", "optimal"])
def test_draws_of_neighbouring_places_are_spread_evenly(purpose: str) -> None:
    counts = Counter(
        replace(PLACE, deal=deal, seat=seat).draw(ply, purpose).choice(range(4))
        for deal, seat, ply in product(range(250), (0, 1), range(4))
    )
    # Four standard errors of a share of 1/4 in 2,000 draws.
    assert all(abs(counts[n] - 500) < 4 * (2000 * 0.25 * 0.75) ** 0.5 for n in range(4))


def test_request_seeds_fit_every_engine_and_hang_on_every_part() -> None:
    places = [PLACE, *OTHERS, replace(PLACE, matchup="a--c")]
    seeds = [place.request_seed(0, 0, "a") for place in places]
    seeds += [PLACE.request_seed(*more) for more in ((1, 0, "a"), (0, 1, "a"), (0, 0, "b"))]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**31 for seed in seeds)
    assert PLACE.request_seed(0, 0, "a") == seeds[0]
