"""What is left to buy is told by the run's own test, and what is replaced before it is."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from loopback import Endpoint
from model_grids import one_model
from workflow_runs import Grid, snakemake


def heated(grid: Grid, temperature: float) -> Grid:
    agents: dict[str, Any] = grid["agents"]
    return {**grid, "agents": agents | {"one": agents["one"] | {"temperature": temperature}}}


def still_to_buy(folder: Path, grid: Grid) -> str:
    run = snakemake(folder, grid, "--", "estimate")
    assert run.code == 0, run.output
    [line] = re.findall(r"^Still to buy: (.*)$", run.output, re.M)
    return str(line)


def test_a_changed_temperature_is_bought_again_and_said_to_be(tmp_path: Path) -> None:
    with Endpoint() as endpoint:
        cold = one_model(endpoint, tmp_path, games=["matrix_rps"])
        play = ("--until", "play")
        run = snakemake(tmp_path, cold, *play)
        assert run.code == 0, run.output
        first = len(endpoint.requests)
        assert first == 20  # 10 deals in two seatings, one question each
        hot = heated(cold, 0.5)
        left = still_to_buy(tmp_path, hot)
        assert left.startswith("20 calls, 0.0"), left
        run = snakemake(tmp_path, None, "--", "status")
        assert " 0 of 20 episodes" in run.output
        run = snakemake(tmp_path, hot, *play)
        assert run.code == 0, run.output
        assert len(endpoint.requests) == 2 * first
        said = "temperature changed: 1 cell of agent one is played again."
        replaced = "The 20 replies in these cells are replaced."
        assert run.output.index(said) < run.output.index(replaced) < run.output.index("rule play:")
        assert still_to_buy(tmp_path, hot) == "nothing."
        listed = subprocess.run(
            [sys.executable, "-m", "gamegrid", "journal", "list"],
            cwd=tmp_path, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        assert "40 replies in 1 cells; 20 in no chunk file" in listed
        # The old replies are still in the journal, so playing as before costs nothing.
        assert still_to_buy(tmp_path, cold) == "nothing."
        run = snakemake(tmp_path, cold, *play)
        assert len(run.played) == 2
        assert len(endpoint.requests) == 2 * first
