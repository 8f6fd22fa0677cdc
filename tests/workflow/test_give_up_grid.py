"""A grid whose model never names a move: the run fails, says why, and buys nothing twice."""

from pathlib import Path

import pytest

from gamegrid.__main__ import main
from loopback import Endpoint, Reply
from model_grids import one_model
from workflow_runs import query, snakemake

CUT = Reply(text="Let me think about this for a very long", finish_reason="length")


@pytest.mark.nightly
def test_a_model_without_a_move_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Endpoint(answer=lambda body: CUT) as endpoint:
        grid = one_model(endpoint, tmp_path, games=["tic_tac_toe"], chunk=10, give_up_after=12)
        grid["agents"]["optimal"] = {"type": "optimal"}
        first = snakemake(tmp_path, grid)
        bought = len(endpoint.requests)
        assert first.code != 0
        assert "give_up_after: the first " in first.output
        assert "replies were truncated, such as 'Let me think about" in first.output
        assert "Raise max_tokens" in first.output
        [(unfinished, episodes)] = query(
            tmp_path,
            "SELECT count(*) FILTER (WHERE status = 'error'), count(*) FROM episodes "
            "WHERE matchup LIKE '%one%'",
        )
        assert 0 < unfinished < episodes
        assert main(["leaderboard", str(tmp_path / "results")]) == 0
        shown = capsys.readouterr().out
        assert shown.startswith("one: 0 of ")
        assert "checks passed" not in shown.replace("checks of bots passed. They say nothing", "")

        again = snakemake(tmp_path, None)
        assert again.code != 0
        assert len(endpoint.requests) == bought

        on = snakemake(tmp_path, {**grid, "give_up_after": None})
        assert on.code == 0, on.output
        assert len(endpoint.requests) > bought
        assert query(tmp_path, "SELECT count(*) FROM episodes WHERE status = 'error'") == [(0,)]
        assert query(tmp_path, "SELECT rank FROM leaderboard WHERE agent = 'one'") == [(None,)]
        verified = snakemake(tmp_path, None, "--", "verify")
        assert verified.code == 0, verified.output
