"""A sweep over wordings and settings, played by the workflow, and its tables."""

from pathlib import Path

import pytest

from loopback import Endpoint
from workflow_runs import DATABASE, Grid, query, snakemake

MODEL = "litellm_openai/small"
GRID: Grid = {
    "deals": 4,
    "games": ["tic_tac_toe"],
    "models": ["models.yaml"],
    "agents": {
        "random": {"type": "random"},
        "swept": {
            "type": "llm",
            "model": MODEL,
            "rethink": 0,
            "sweep": {"prompt": ["default", "gra"], "temperature": [0.0, 1.0]},
        },
        "alone": {"type": "llm", "model": MODEL, "max_tokens": 99},
    },
    "schedule": {"each": ["swept", "alone"], "against": ["random"]},
}


@pytest.mark.nightly
def test_wordings_are_compared_and_their_spread_stands_beside_that_of_deals(
    tmp_path: Path,
) -> None:
    with Endpoint() as endpoint:
        (tmp_path / "models.yaml").write_text(
            f"models:\n  - {{name: {MODEL}, api_base: '{endpoint.api_base}'}}\n"
        )
        run = snakemake(tmp_path, GRID, *DATABASE)
    assert run.code == 0, run.output
    compared = query(tmp_path, "SELECT agent, rival FROM paired WHERE game IS NOT NULL")
    both = {"swept.prompt_gra.temperature_0", "swept.prompt_default.temperature_0"}
    assert both in [set(pair) for pair in compared]
    rows = query(
        tmp_path,
        "SELECT agents, prompts, lowest, highest, prompt_sd, deal_half_width, reason "
        "FROM prompt_spread",
    )
    alone, *swept = rows
    assert alone[:2] == ("alone", 1)
    assert (alone[4], alone[6]) == (None, "prompt variation not included")
    assert [row[1] for row in swept] == [2, 2]
    for _, _, low, high, spread, half_width, reason in swept:
        # The standard deviation of two values is their distance divided by the root of 2.
        assert abs(spread - (high - low) / 2**0.5) < 1e-12
        assert half_width > 0
        assert reason is None
