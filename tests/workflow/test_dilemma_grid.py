"""Scripted strategies in a repeated dilemma, which nobody wins, from the file to the tables."""

import csv
from pathlib import Path

import pytest

from workflow_runs import TABLES, Grid, query, snakemake

GRID: Grid = {
    "seed": 3,
    "deals": 5,
    "games": ["repeated_prisoners_dilemma", "kuhn_poker"],
    "agents": {
        "tit_for_tat": {"type": "scripted", "strategy": "tit_for_tat"},
        "always_defect": {"type": "scripted", "strategy": "always_defect"},
        "random": {"type": "random"},
        "noisy": {"type": "noisy_optimal", "epsilon": 0.1},
    },
}
STANDING = ("rank", "ranked_among", "rating", "score", "strict_score", "beats")
"""Columns that say who is ahead."""


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the grid, played once."""
    folder = tmp_path_factory.mktemp("dilemma")
    run = snakemake(folder, GRID)
    assert run.code == 0, run.output
    return folder


def test_agents_play_where_they_can(played: Path) -> None:
    rows = query(played, "SELECT game, matchup, count(*) FROM episodes GROUP BY ALL ORDER BY ALL")
    assert rows == [
        ("kuhn_poker", "noisy--random", 10),
        ("repeated_prisoners_dilemma", "always_defect--random", 10),
        ("repeated_prisoners_dilemma", "always_defect--tit_for_tat", 10),
        ("repeated_prisoners_dilemma", "random--tit_for_tat", 10),
    ]


def test_the_defector_gets_more_and_is_ranked_nowhere(played: Path) -> None:
    """Always-defect gets 5 + 9 * 1, and tit for tat 0 + 9 * 1, in every episode they meet."""
    returns = query(
        played,
        """
        SELECT agent, list(DISTINCT "return") FROM seats JOIN episodes USING (episode_id)
        WHERE matchup = 'always_defect--tit_for_tat' GROUP BY agent ORDER BY agent
        """,
    )
    assert returns == [("always_defect", [14.0]), ("tit_for_tat", [9.0])]
    checked = set()
    for table in TABLES:
        with (played / f"results/tables/{table}.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row.get("agent") in ("tit_for_tat", "always_defect"):
                    assert {row[column] for column in STANDING if column in row} <= {""}
                    checked |= {(table, row["agent"])}
    assert {("leaderboard", "always_defect"), ("per_game", "tit_for_tat")} <= checked


def test_welfare_is_a_share_of_the_best_and_cooperation_is_counted(played: Path) -> None:
    """Joint play gives at most 6 a round, 60 in all; tit for tat obliges a defector once."""
    rows = query(
        played,
        """
        SELECT agent, cooperation_rate, joint_share - joint_return / 60, unrated_reason
        FROM per_game WHERE game = 'repeated_prisoners_dilemma' ORDER BY agent
        """,
    )
    assert [row[2:] for row in rows] == [(pytest.approx(0), "not a win_loss game")] * 3
    rates = {row[0]: row[1] for row in rows}
    assert rates["always_defect"] == 0
    # It cooperates in 1/10 of the rounds with the defector, and copies random's last move.
    assert 0.1 < rates["tit_for_tat"] < 0.6
    assert 0.3 < rates["random"] < 0.7
    assert query(played, "SELECT DISTINCT cooperation_rate FROM per_game WHERE game = 'kuhn_poker'"
                 ) == [(None,)]  # fmt: skip


def test_the_gap_is_what_the_best_answer_to_the_actual_opponent_gets_more(played: Path) -> None:
    """The best reply gets 9 * 3 + 5 from tit for tat, and 1 a round from the defector."""
    pair = "WHERE game LIKE 'repeated%' AND agent = '{}' AND opponent = '{}'"
    gaps = "SELECT best_return, gap, gap_reason FROM head_to_head "
    for agent, opponent, best, got in (
        ("always_defect", "tit_for_tat", 32, 14),
        ("tit_for_tat", "always_defect", 10, 9),
    ):
        [found] = query(played, gaps + pair.format(agent, opponent))
        # Both strategies are deterministic, so every episode goes the same way.
        assert found == (best, best - got, "deterministic")
    # Defecting is best against random play, and gets (5 + 1) / 2 a round.
    [(best, gap, mean, low, high)] = query(
        played,
        "SELECT best_return, gap, mean_return, low, high FROM per_game "
        "WHERE game LIKE 'repeated%' AND agent = 'always_defect'",
    )
    assert best == pytest.approx((32 + 30) / 2)
    assert gap == pytest.approx(best - mean) and best - high < gap < best - low and 0 < gap < 18
    assert query(played, "SELECT DISTINCT gap, gap_reason FROM per_game WHERE game = 'kuhn_poker'"
                 ) == [(None, None)]  # fmt: skip


def test_what_is_told_of_a_payoff_game_is_own_and_joint_return(played: Path) -> None:
    told = query(
        played,
        """
        SELECT agent, mean_return > 0, joint_return > mean_return FROM per_game
        WHERE game = 'repeated_prisoners_dilemma' ORDER BY agent
        """,
    )
    assert told == [
        ("always_defect", True, True),
        ("random", True, True),
        ("tit_for_tat", True, True),
    ]
