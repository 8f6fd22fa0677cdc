"""check_results is quiet on an honest grid; a bot that breaks its own policy turns it red."""

from pathlib import Path

import pytest

from workflow_runs import Grid, query, snakemake

# Says that every legal move is equally likely, and takes the first.
LIAR = """
from typing import Literal

from gamegrid.agents.agent import AgentKind, AgentSettings, Decision
from gamegrid.agents.random import uniform


class Settings(AgentSettings):
    type: Literal["liar"] = "liar"


class Liar:
    def sit(self, place):
        return self

    async def decide(self, turn):
        return Decision(action=turn.legal[0])


AGENT = AgentKind(
    type="liar",
    settings=Settings,
    unsupported_reason=lambda settings, game: None,
    build=lambda name, settings, tools: Liar(),
    policy=lambda settings, game: uniform,
)
"""
GRID: Grid = {
    "seed": 3,
    "deals": 40,
    "games": ["kuhn_poker"],
    "agents": {"random": {"type": "random"}, "optimal": {"type": "optimal"}},
}


@pytest.mark.nightly
def test_red_controls_end_the_workflow_with_their_sentences(tmp_path: Path) -> None:
    honest = snakemake(tmp_path, GRID, "--", "check_results")
    assert honest.code == 0, honest.output
    assert "Controls: all 15 checks passed" in honest.output

    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/liar.py").write_text(LIAR)
    agents = GRID["agents"] | {"liar": {"type": "liar"}}
    run = snakemake(
        tmp_path, {**GRID, "plugins": ["mine"], "agents": agents}, "--", "check_results"
    )
    assert run.code == 1
    assert "Traceback" not in run.output
    log = (tmp_path / "results/logs/check_results.log").read_text()
    failed = query(tmp_path, "SELECT name, agent, seat, matchup FROM controls WHERE NOT passed")
    assert len(log.splitlines()) == len(failed)
    assert {("bots", "liar")} <= {(name, agent) for name, agent, *_ in failed}
    for name, agent, seat, matchup in [row for row in failed if row[3] is not None]:
        assert f"{name}: {agent} in seat {seat} of kuhn_poker, {matchup}, got " in log
        assert f"{name}: {agent} in seat {seat} of kuhn_poker, {matchup}, got " in run.output
