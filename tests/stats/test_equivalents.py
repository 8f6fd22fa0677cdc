"""Agents placed between the bots of a ladder."""

from dataclasses import replace

import numpy as np
import pytest

from gamegrid.stats.davidson import Matches
from gamegrid.stats.equivalents import LadderBot, strength_equivalent
from gamegrid.stats.intervals import Reason
from stats_coverage import everybody, ladder_coverage, played

LADDER = [LadderBot("agent0", 1.0), LadderBot("agent1", 2.0), LadderBot("agent2", 3.0)]


def matches(*strengths: float, deals: int = 20, seed: int = 1) -> Matches:
    """Return matches of the ladder's bots and, last, the agent (agent3 after three bots)."""
    luck = np.random.default_rng(seed)
    return played(np.array(strengths), everybody(len(strengths)), deals=deals, luck=luck)


def test_a_planted_place_between_ladder_bots_is_covered() -> None:
    found = ladder_coverage(np.array([0.0, 200, 400]), 0.5, deals=20, samples=40, seed=1)
    assert found >= 0.95 - 3 * (0.05 * 0.95 / 40) ** 0.5


def test_more_deals_narrow_the_interval_around_the_place() -> None:
    few, many = (
        strength_equivalent(matches(0, 300, 600, 450, deals=n), "agent3", LADDER) for n in (20, 400)
    )
    assert many.place == pytest.approx(2.5, abs=0.15)
    assert many.low is not None and many.high is not None and many.place is not None
    assert many.low < many.place < many.high
    assert few.low is not None
    assert many.high - many.low < (few.high or 3.0) - few.low
    # The order in which the bots are listed does not matter.
    assert strength_equivalent(matches(0, 300, 600, 450, deals=400), "agent3", LADDER[::-1]) == many


@pytest.mark.parametrize(
    ("strength", "reason", "low", "high"),
    [
        (-600.0, "weaker than agent0", False, False),
        (-20.0, "about agent0 or weaker", False, True),
        (625.0, "about agent2 or stronger", True, False),
        (1300.0, "stronger than agent2", False, False),
    ],
)
def test_the_reason_names_the_bot_that_an_agent_is_beyond(
    strength: float, reason: str, low: bool, high: bool
) -> None:
    found = strength_equivalent(matches(0, 300, 600, strength, deals=40), "agent3", LADDER)
    assert (found.place, found.reason) == (None, reason)
    assert (found.low is not None, found.high is not None) == (low, high)


def test_ladder_bots_out_of_order_place_no_agent() -> None:
    found = strength_equivalent(matches(0, 600, 200, 300), "agent3", LADDER)
    assert found.place is None and found.low is None and found.high is None
    assert found.reason == "ladder bots out of order: agent1 beats agent2"


def test_equal_ladder_bots_leave_the_interval_open() -> None:
    """The second bot solves the game, as in many small games, so nothing is known above it."""
    for seed in range(3):
        found = strength_equivalent(matches(0, 500, 500, 500, seed=seed), "agent3", LADDER)
        assert found.low is not None and found.high is None
        assert 1 < found.low <= 2.2


def test_a_bot_that_no_match_links_is_left_out() -> None:
    three = matches(0, 300, 150)
    far = [*LADDER[:2], LadderBot("elsewhere", 9.0)]
    assert strength_equivalent(three, "agent2", far) == strength_equivalent(
        three, "agent2", LADDER[:2]
    )
    apart = replace(three, agents=(*three.agents, "stranger", "other"))
    pair = replace(
        apart,
        first=np.where(three.first == 2, 3, three.first),
        second=np.where(three.first == 2, 4, np.where(three.second == 2, 3, three.second)),
    )
    assert strength_equivalent(pair, "agent2", LADDER[:2]).reason == Reason.NOT_CONNECTED
    one = three.where(three.deal == 0)
    assert strength_equivalent(one, "agent2", LADDER[:2]).reason == Reason.TOO_FEW


def test_two_ladder_bots_with_the_same_place_are_refused() -> None:
    with pytest.raises(ValueError, match="same place"):
        strength_equivalent(
            matches(0, 300, 150), "agent2", [LADDER[0], replace(LADDER[1], place=1.0)]
        )
