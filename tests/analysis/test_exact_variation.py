"""How much differences vary is exact: by hand, and as found in play."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gamegrid import games
from gamegrid.agents.agent import kinds
from gamegrid.agents.random import uniform
from gamegrid.analysis.exact_variation import exact_variations
from gamegrid.games.policy import Policy
from played_grids import played
from store_samples import query

HALF = {"type": "noisy_optimal", "epsilon": 0.5}


def policies(game: games.Game, agents: dict[str, dict[str, Any]]) -> dict[str, Policy]:
    found = {}
    for name, settings in agents.items():
        kind = kinds()[settings["type"]]
        assert kind.policy is not None
        found[name] = kind.policy(kind.settings(**settings), game)
    return found


def test_rock_paper_scissors_by_hand() -> None:
    """An episode gives 1, 0 or -1 more than the other gets, each with probability 1/3: variance
    2/3, and half of that for the mean of two seatings."""
    found = exact_variations(games.load("matrix_rps"), dict.fromkeys("ab", uniform), 0, 1)
    assert found == {("a", "b"): pytest.approx(1 / 3)}


def test_cards_of_a_deal_are_shared_by_its_seatings() -> None:
    """In kuhn_poker, who has the better cards in one seating has the worse in the other: the
    variance is less than that of two independent episodes."""
    game = games.load("kuhn_poker")
    found = exact_variations(game, dict.fromkeys("ab", uniform), 0, game.max_plies)["a", "b"]
    # Returns of -2, -1, 1, 2: see test_reference_play. The difference is twice the return.
    second = 4 * (3 / 16) + 1 / 4 + 3 / 8 + 4 * (3 / 16)
    independent = 4 * (second - 1 / 64) / 2
    assert found < 0.7 * independent


@pytest.mark.parametrize("name", ["kuhn_poker", "nim"])
def test_played_deals_vary_as_computed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The standard error of an SD from 400 deals is 3.5 %."""
    agents = {"half": HALF, "random": {"type": "random"}}
    path = played(tmp_path, monkeypatch, games=[name], agents=agents, deals=400)
    game = games.load(name)
    found = exact_variations(game, policies(game, agents), game.opening_plies, game.max_plies)
    rows = query(
        path, "SELECT deal, sum(CASE agent WHEN 'half' THEN measure ELSE -measure END) "
        "FROM measured_deals GROUP BY deal"
    )  # fmt: skip
    differences = [total for _, total in rows]
    assert np.std(differences, ddof=1) == pytest.approx(found["half", "random"] ** 0.5, rel=0.11)


@pytest.mark.parametrize(
    "name", ["leduc_poker", "repeated_prisoners_dilemma", "kuhn_poker_3p", "connect_four_4x4"]
)
def test_what_is_not_exact_is_not_given(name: str) -> None:
    """Luck after the first decision, payoffs, three seats, too many positions."""
    game = games.load(name)
    assert exact_variations(game, dict.fromkeys("ab", uniform), 0, game.max_plies) == {}
