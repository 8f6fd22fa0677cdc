"""Luck is drawn as the rules say, and a tape that does not do so shows."""

from collections import defaultdict

import pytest
from scipy import stats

from gamegrid import games
from gamegrid.analysis.draws import DEALS, Draw, draws
from planted_faults import biased_card


def by_event(rows: list[Draw]) -> dict[int, list[Draw]]:
    events = defaultdict[int, list[Draw]](list)
    for row in rows:
        events[row.event].append(row)
    return events


@pytest.mark.parametrize(
    ("name", "plies"), [("kuhn_poker", 0), ("leduc_poker", 0), ("tic_tac_toe", 2), ("nim", 1)]
)
def test_luck_is_that_of_the_rules(name: str, plies: int) -> None:
    """A chi-square test per event; its p is below 1e-4 once in ten thousand seeds."""
    events = by_event(draws(games.load(name), 1, plies))
    assert events
    for rows in events.values():
        assert sum(row.chance for row in rows) == pytest.approx(1)
        assert sum(row.times for row in rows) == DEALS
        possible = [row for row in rows if row.chance]
        expected = [row.chance * DEALS for row in possible]
        assert stats.chisquare([row.times for row in possible], expected).pvalue > 1e-4


def test_the_cards_of_kuhn_poker_are_equally_likely() -> None:
    rows = draws(games.load("kuhn_poker"), 1, 0)
    assert {(row.event, row.outcome) for row in rows} == {(e, o) for e in (0, 1) for o in range(3)}
    assert [row.chance for row in rows] == pytest.approx([1 / 3] * 6)


def test_a_card_dealt_too_often_comes_too_often() -> None:
    with biased_card(1.2):
        rows = draws(games.load("kuhn_poker"), 1, 0)
    [high] = [row for row in rows if (row.event, row.outcome) == (0, 2)]
    assert high.times / DEALS == pytest.approx(0.4, abs=4 * (0.24 / DEALS) ** 0.5)


@pytest.mark.parametrize("name", ["goofspiel_4", "pig_20", "matrix_rps"])
def test_games_without_luck_before_the_first_decision_have_no_rows(name: str) -> None:
    assert draws(games.load(name), 1, 0) == []
