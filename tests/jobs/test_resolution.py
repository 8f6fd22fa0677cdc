"""``estimate`` says what a grid can show, from the best source that there is, and names it."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gamegrid.jobs.estimate import estimate
from gamegrid.jobs.resolution import Resolution, Source, needed, resolutions, text
from gamegrid.plan import plan
from gamegrid.stats.power import power_of
from gamegrid.store.pilot import LEAST_DEALS
from played_coverage import Grid
from played_grids import played
from power_cases import CASES, power
from store_samples import query

BOTS = {"random": {"type": "random"}, "half": {"type": "noisy_optimal", "epsilon": 0.5}}


def known(folder: Path, **grid: Any) -> list[Resolution]:
    raw = {"seed": 1, "games": ["tic_tac_toe"], "deals": 20, "agents": BOTS, **grid}
    return resolutions(plan.make(raw, folder), folder / "results")


def model(folder: Path, price: str = "input_price: 1.0, output_price: 1000.0") -> dict[str, Any]:
    """Return the part of a grid that adds a model, which is never asked."""
    (folder / "models.yaml").write_text(
        f"models:\n  - {{name: litellm_openai/m, api_base: 'http://127.0.0.1:1', {price}}}\n"
    )
    agent = {"type": "llm", "model": "litellm_openai/m", "max_tokens": 10}
    return {"models": [str(folder / "models.yaml")], "agents": {**BOTS, "m": agent}}


def test_a_small_game_is_planned_with_exact_values(tmp_path: Path) -> None:
    """The worst case, an SD of 1, takes 787 deals for a difference of .1."""
    [found] = known(tmp_path)
    assert found.source is Source.EXACT
    by_difference = {one.difference: one for one in needed(found)}
    assert by_difference[0.1].deals < 350
    assert by_difference[0.1].extra == by_difference[0.1].deals - 20


def test_a_game_of_a_suite_is_planned_with_its_bots(tmp_path: Path) -> None:
    [found] = known(tmp_path, games=["leduc_poker"], **model(tmp_path))
    assert (found.source, len(found.sds)) == (Source.SUITE, 3)


def test_a_model_in_a_suite_is_compared_with_bots_that_met_before(tmp_path: Path) -> None:
    """It meets every bot of the ladder, and each bot has met the others in the frozen games."""
    agents = {"m": model(tmp_path)["agents"]["m"]}
    raw = {"suite": "core-v1", "models": [str(tmp_path / "models.yaml")], "agents": agents}
    found = resolutions(plan.make(raw, tmp_path), tmp_path / "results")
    payoffs = {"repeated_prisoners_dilemma"}
    games = {game.name for game in plan.make(raw, tmp_path).grid.games}
    assert {each.game.name for each in found} == games - payoffs
    assert {each.source for each in found} == {Source.BOTS}


def test_bots_play_where_nothing_is_known(tmp_path: Path) -> None:
    """Three agents meet in tic_tac_toe, whose matchups share luck; connect_four is too large."""
    small, large = known(tmp_path, games=["tic_tac_toe", "connect_four"], **model(tmp_path))
    assert (small.source, large.source) == (Source.PLAYED, Source.PLAYED)
    assert len(small.sds) == 3  # random, half and the baseline optimal
    assert max(small.sds) < 0.5 and max(large.sds) < 1
    assert not (tmp_path / "results").exists()


def test_where_no_two_bots_differ_the_worst_case_is_planned_for(tmp_path: Path) -> None:
    """In blackjack, which one plays alone, two random bots draw the same luck."""
    raw = {"games": ["blackjack"], **model(tmp_path)}
    raw["agents"] = {name: raw["agents"][name] for name in ("m", "random")}
    [found] = known(tmp_path, **raw)
    assert (found.source, found.sds) == (Source.WORST, (found.span,))
    made = plan.make({"seed": 1, "deals": 20, **raw}, tmp_path)
    shown = text([found], estimate(made, tmp_path / "results").costs)
    assert "nothing; this is the worst case" in shown
    assert f"Play {LEAST_DEALS} deals or more and run estimate again" in shown


@pytest.mark.parametrize("deals", [LEAST_DEALS - 1, 40])
def test_results_on_file_come_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deals: int
) -> None:
    """Their standard deviation is that of the differences in the tables."""
    path = played(tmp_path, monkeypatch, games=["tic_tac_toe"], agents=BOTS, deals=deals)
    [found] = known(tmp_path, deals=deals)
    if deals < LEAST_DEALS:
        assert found.source is Source.EXACT
        return
    differences = [
        2 * value - 1
        for (value,) in query(path, "SELECT score FROM deal_values WHERE agent = 'half'")
    ]
    assert found.source is Source.AGENTS
    assert found.sds == pytest.approx([np.std(differences, ddof=1)])
    # With a model in the grid, the same results are those of bots.
    grid = model(tmp_path)
    [for_model] = known(tmp_path, deals=deals, **grid)
    assert for_model.source is Source.BOTS
    shutil.rmtree(tmp_path / "results/chunks")
    assert known(tmp_path, deals=deals, **grid)[0].source is Source.PLAYED


def test_what_more_deals_cost_is_said_for_each_model(tmp_path: Path) -> None:
    """One question per deal and seating; a reply of 10 tokens costs a cent."""
    raw = {"seed": 1, "deals": 20, "games": ["matrix_rps"], **model(tmp_path)}
    raw["agents"] = {name: raw["agents"][name] for name in ("m", "random")}
    made = plan.make(raw, tmp_path)
    found = resolutions(made, tmp_path / "results")
    costs = estimate(made, tmp_path / "results").costs
    first = next(needed(found[0]))
    assert costs[0].per_deal["matrix_rps"].calls == 2
    usd = costs[0].per_deal["matrix_rps"].usd
    assert usd is not None and 0.02 < usd < 0.021
    shown = text(found, costs)
    assert f"m {2 * first.extra:,}" in shown
    assert f"m {usd * first.extra:,.2f} USD" in shown
    unknown = plan.make(raw | model(tmp_path, "revision: x") | {"agents": raw["agents"]}, tmp_path)
    assert "m unknown" in text(found, estimate(unknown, tmp_path / "results").costs)


def test_agents_that_nothing_compares_are_not_planned_for(tmp_path: Path) -> None:
    assert known(tmp_path, games=["repeated_prisoners_dilemma"], agents={
        "random": {"type": "random"}, "tit": {"type": "scripted", "strategy": "tit_for_tat"},
    }) == []  # fmt: skip
    assert text([], []) == ""


def test_too_few_deals_show_nothing(tmp_path: Path) -> None:
    [found] = known(tmp_path, deals=2)
    assert found.smallest_shown is None
    assert "none, however large" in text([found], [])


def test_the_difference_shown_has_the_stated_power(tmp_path: Path) -> None:
    [found] = known(tmp_path)
    assert found.smallest_shown is not None
    shown = power_of(found.smallest_shown, 20, found.largest_sd, limit=found.limit)
    assert shown == pytest.approx(0.8)


@pytest.mark.nightly
@pytest.mark.parametrize("case", [CASES[0], CASES[2]], ids=lambda case: case.name)
def test_grids_find_what_was_promised(case: Grid) -> None:
    """Within 5 points and two standard errors of 300 grids."""
    found = power(case, 300, 7)
    assert found.found == pytest.approx(found.promised, abs=0.05 + 2 * (0.16 / 300) ** 0.5)
