"""A plan that the grid cannot answer is refused in a sentence; a good one changes no job."""

from pathlib import Path
from typing import Any

import pytest

from gamegrid.errors import UserError
from gamegrid.plan import plan
from gamegrid.plan.plan import Plan
from gamegrid.records.registrations import GamePlan, MeanPlan

GRID: dict[str, Any] = {
    "games": ["tic_tac_toe", "kuhn_poker", "nim", "matrix_pd"],
    "deals": 5,
    "agents": {
        "best": {"type": "optimal", "games": ["tic_tac_toe", "kuhn_poker", "nim"]},
        "often": {"type": "noisy_optimal", "epsilon": 0.5, "games": ["tic_tac_toe", "kuhn_poker"]},
        "random": {"type": "random"},
        "other": {"type": "random"},
    },
}
PLAN = {
    "pairs": [["random", "best"]],
    "games": {"tic_tac_toe": {"deals": 5, "margin": 0.1}, "kuhn_poker": {"deals": 20}},
}


def made(stated: Any, **grid: Any) -> Plan:
    return plan.make({**GRID, **grid, "preregister": stated}, Path())


def test_a_plan_is_recorded_in_one_form(tmp_path: Path) -> None:
    planned = made({**PLAN, "over_games": {"margin": 0.2}, "games": {}}).planned
    assert planned is not None
    assert (planned.pairs, planned.over_games) == ((("best", "random"),), MeanPlan(margin=0.2))
    planned = made(PLAN).planned
    assert planned is not None
    assert planned.games == {
        "tic_tac_toe": GamePlan(deals=5, margin=0.1),
        "kuhn_poker": GamePlan(deals=20),
    }
    turned = made({**PLAN, "pairs": [["best", "random"]]}).planned
    assert turned == planned and turned.sha256 == planned.sha256


def test_the_digest_follows_all_that_changes_results_and_nothing_else() -> None:
    first = made(PLAN).planned
    agents = {**GRID["agents"], "often": {**GRID["agents"]["often"], "epsilon": 0.4}}
    assert first == made(PLAN, deals=7).planned
    assert first == made(PLAN, usd_per_gpu_hour=1.0).planned
    for change in ({"seed": 1}, {"agents": agents}, {"max_plies": 3}):
        assert first != made(PLAN, **change).planned, change


def test_a_plan_changes_no_job() -> None:
    """Otherwise writing one down would play, and buy, everything again."""
    without = plan.make(GRID, Path())
    with_plan = made(PLAN)
    assert [with_plan.identity.params(chunk.cell) for chunk in with_plan.chunks] == [
        without.identity.params(chunk.cell) for chunk in without.chunks
    ]
    assert without.planned is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"pairs": []}, "preregister.pairs: .* at least 1 item"),
        ({"pairs": [["best", "randm"]]}, "agent 'randm' is unknown. Did you mean 'random'"),
        ({"pairs": [["best"]]}, r"\[best\] is no pair"),
        ({"pairs": [["best", "best"]]}, r"\[best, best\] is no pair"),
        ({"pairs": [["best", "random"], ["random", "best"]]}, "named twice"),
        ({"pairs": [["random", "often"]], "games": {"nim": {"deals": 3}}}, "'often' .* not play"),
        ({"games": {}}, "names no games"),
        ({"games": {"go": {"deals": 3}}}, "'go' is not among the grid's games"),
        ({"games": {"nim": {"deals": 0}}}, "preregister.games.nim.deals: .* than or equal to 1"),
        ({"games": {"nim": {}}}, "preregister.games.nim.deals: the key is missing"),
        ({"games": {"nim": {"deal": 3}}}, "unknown key 'deal' in preregister.games.nim.*'deals'"),
        ({"games": {"nim": {"deals": 3, "margin": 1}}}, "margin: 1 is not allowed"),
        ({"games": {"nim": {"deals": 3, "margin": 0}}}, "margin: .* greater than 0"),
        ({"games": {"matrix_pd": {"deals": 3}}}, "payoff game"),
        ({"over_games": {"margin": 1.5}}, "over_games.margin: 1.5 is not allowed"),
        ({"pairs": [["random", "often"]], "over_games": {}}, "'often' .* does not play nim"),
        ({"pair": []}, "unknown key 'pair' in preregister. Did you mean 'pairs'"),
    ],
)
def test_a_plan_that_fits_no_results_is_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said) as refused:
        made({**PLAN, **change})
    assert str(refused.value).startswith("config: ")


def test_over_games_needs_two_games() -> None:
    with pytest.raises(UserError, match="fewer than two win_loss games"):
        made({**PLAN, "over_games": {}}, games=["tic_tac_toe", "kuhn_poker"],
             agents={name: {"type": "random"} for name in ("best", "random")})  # fmt: skip


def test_agents_that_meet_different_opponents_are_not_compared() -> None:
    schedule = {"matchups": [["best", "other"], ["random", "often"], ["random", "best"]]}
    agents = {name: {"type": "random"} for name in GRID["agents"]}
    one = {**PLAN, "games": {"tic_tac_toe": {"deals": 5}}}
    with pytest.raises(UserError, match="do not meet the same opponents in tic_tac_toe"):
        made(one, games=["tic_tac_toe"], schedule=schedule, agents=agents)
