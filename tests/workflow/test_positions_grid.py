"""Single moves in positions and information states, which count in no game's results."""

from pathlib import Path

from workflow_runs import DATABASE, Grid, query, snakemake

GRID: Grid = {
    "seed": 5,
    "deals": 2,
    "positions": 30,
    "probes": 20,
    "games": ["tic_tac_toe", "pig_20", "kuhn_poker"],
    "agents": {"random": {"type": "random"}, "optimal": {"type": "optimal"}},
}


def test_every_agent_is_asked_once_in_each_position(tmp_path: Path) -> None:
    run = snakemake(tmp_path, GRID, *DATABASE)
    assert run.code == 0, run.output
    # kuhn_poker has no positions to ask, and the other games have no probes.
    assert run.jobs.count("ask_positions") == 2 * 2
    assert run.jobs.count("ask_probes") == 2
    assert run.jobs.count("judge_decisions") == 3

    asked = query(tmp_path, "SELECT game, agent, count(*), count(DISTINCT position) FROM positions "
                            "GROUP BY ALL ORDER BY ALL")  # fmt: skip
    games = ("pig_20", "tic_tac_toe")
    assert asked == [(game, agent, 30, 30) for game in games for agent in ("optimal", "random")]
    # Both agents get the same questions, and each question has a wrong answer.
    same = (
        "SELECT game, position FROM positions GROUP BY ALL HAVING count(DISTINCT observation) > 1"
    )
    assert query(tmp_path, same) == []
    assert query(tmp_path, "SELECT DISTINCT trivial, oracle, ply FROM positions") == [
        (False, "exact", 0)
    ]
    best = query(tmp_path, "SELECT positions, optimal_rate, mean_regret, answered "
                           "FROM position_quality WHERE agent = 'optimal'")  # fmt: skip
    assert best == [(30, 1.0, 0.0, 30)] * 2
    others = query(tmp_path, "SELECT optimal_rate, mean_regret FROM position_quality "
                             "WHERE agent = 'random'")  # fmt: skip
    assert all(rate < 1 and regret > 0 for rate, regret in others)
    # Single moves are no episodes: those are two deals in two seatings of three games.
    assert query(tmp_path, "SELECT count(*), count(DISTINCT matchup) FROM episodes") == [(12, 1)]

    probed = query(tmp_path, "SELECT agent, game, policy, k, p, equilibrium_high, exploitability, "
                             "uniform FROM exploitability")  # fmt: skip
    assert [row[:4] for row in probed] == [
        (agent, "kuhn_poker", policy, k)
        for agent in ("optimal", "random")
        for policy, k in (("generated", 20), ("stated", None))
    ]
    by_equilibrium, as_solved, at_random, uniform = (row[4:] for row in probed)
    assert as_solved[2] < 1e-9 and uniform[2] == uniform[3]
    assert by_equilibrium[0] > 0.05 and by_equilibrium[2] <= by_equilibrium[1]
    assert at_random[0] < 0.001 and at_random[2] > 3 * at_random[1]
    asked = (
        "SELECT agent, count(*), count(DISTINCT observation) FROM probes GROUP BY ALL ORDER BY ALL"
    )
    assert query(tmp_path, asked) == [("optimal", 240, 12), ("random", 240, 12)]

    assert snakemake(tmp_path, None, *DATABASE).jobs == []
    more = snakemake(tmp_path, {**GRID, "positions": 31}, *DATABASE)
    assert more.code == 0, more.output
    assert more.played == []
    assert query(tmp_path, "SELECT DISTINCT positions FROM position_quality") == [(31,)]
    assert more.jobs.count("ask_positions") == 2 * 2
    assert "measure_exploitability" not in more.jobs
