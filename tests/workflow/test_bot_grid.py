"""A grid of bots over every game: the whole way from the file to the tables."""

import json
from pathlib import Path

import pytest

from gamegrid import games
from workflow_runs import DATABASE, TABLES, Finished, Grid, data, query, snakemake

GRID: Grid = {
    "seed": 11,
    "deals": 4,
    "games": ["tic_tac_toe", "connect_four", "kuhn_poker", "kuhn_poker(players=3)",
              "leduc_poker", "matrix_rps"],
    "agents": {
        "random": {"type": "random"},
        "mcts": {"type": "mcts", "simulations": 20, "games": ["connect_four"]},
        "optimal": {"type": "optimal"},
        "always_bet": {
            "type": "preference",
            "prefer": ["Bet", "Raise", "Call"],
            "games": ["kuhn_poker", "kuhn_poker(players=3)", "leduc_poker"],
        },
        "ismcts": {"type": "ismcts", "simulations": 20, "games": ["kuhn_poker(players=3)"]},
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Finished]:
    """Play the grid of bots once; return its folder and the finished run."""
    folder = tmp_path_factory.mktemp("bots")
    return folder, snakemake(folder, GRID)


def test_the_run_ends_well_and_leaves_every_table(played: tuple[Path, Finished]) -> None:
    folder, run = played
    assert run.code == 0, run.output
    for table in TABLES:
        for form in ("csv", "md", "tex"):
            assert (folder / f"results/tables/{table}.{form}").stat().st_size > 0
    assert (folder / "results/tables/README.md").exists()


def test_every_stored_trajectory_replays_to_the_stored_returns(
    played: tuple[Path, Finished],
) -> None:
    folder, _ = played
    rows = query(
        folder,
        """
        SELECT load_string, trajectory, status, list("return" ORDER BY seat), episode_id
        FROM episodes JOIN games USING (game) JOIN seats USING (episode_id) GROUP BY ALL
        """,
    )
    assert {row[0] for row in rows} == {games.load(name).load_string for name in GRID["games"]}
    for load_string, trajectory, status, returns, _ in rows:
        state = games.load(load_string).replay(json.loads(trajectory))
        assert status == "complete"
        assert state.is_terminal()
        assert state.returns() == returns


def test_a_deal_is_the_same_in_all_seatings_and_matchups(played: tuple[Path, Finished]) -> None:
    folder, _ = played
    luck = {"kuhn_poker": 2, "kuhn_poker_3p": 3, "leduc_poker": 2, "tic_tac_toe": 2,
            "connect_four": 4}  # fmt: skip
    rows = query(folder, "SELECT game, deal, trajectory FROM episodes")
    found: dict[tuple[str, int], set[str]] = {}
    for game, deal, trajectory in rows:
        if game in luck:
            beginning = json.dumps(json.loads(trajectory)[: luck[game]])
            found.setdefault((game, deal), set()).add(beginning)
    assert len(found) == 5 * GRID["deals"]
    assert all(len(beginnings) == 1 for beginnings in found.values())


def test_unknown_numbers_are_null_and_never_invented(played: tuple[Path, Finished]) -> None:
    folder, _ = played
    for low, high, reason in (
        ("rating_low", "rating_high", "rating_reason"),
        ("score_low", "score_high", "score_reason"),
    ):
        wrong = f"({low} IS NULL OR {high} IS NULL) <> ({reason} IS NOT NULL)"
        assert query(folder, f"SELECT agent FROM leaderboard WHERE {wrong}") == []
    # always_bet plays no win_loss game.
    columns = "rating, rating_reason, score_low, score_reason"
    assert query(folder, f"SELECT {columns} FROM leaderboard WHERE agent = 'always_bet'") == [
        (None, "no deals", None, "no deals")
    ]
    assert query(folder, "SELECT count(cost_usd) FROM decisions") == [(0,)]


def test_best_play_is_rated_above_random_play(played: tuple[Path, Finished]) -> None:
    folder, _ = played
    ratings = dict(query(folder, "SELECT agent, rating FROM leaderboard WHERE rating IS NOT NULL"))
    assert ratings["optimal"] > ratings["random"]
    [(score, low, high)] = query(
        folder, "SELECT score, score_low, score_high FROM leaderboard WHERE agent = 'optimal'"
    )
    assert 0 <= low <= score <= high <= 1
    assert high > low


def test_every_decision_of_a_game_with_an_oracle_is_judged_once(
    played: tuple[Path, Finished],
) -> None:
    folder, run = played
    solved = {"tic_tac_toe", "kuhn_poker", "leduc_poker", "matrix_rps"}
    assert run.jobs.count("judge_decisions") == len(solved)
    judged = "SELECT DISTINCT game FROM decisions JOIN episodes USING (episode_id)"
    assert set(query(folder, f"{judged} WHERE oracle IS NOT NULL")) == {(g,) for g in solved}
    assert not solved & {g for (g,) in query(folder, f"{judged} WHERE oracle IS NULL")}
    # An exact oracle judges every decision in full. An equilibrium never says which moves are
    # optimal, and judges no state that it never reaches.
    exact = "count(*) - count(regret), count(*) - count(optimal), count(*) - count(trivial)"
    assert query(folder, f"SELECT {exact} FROM decisions WHERE oracle = 'exact'") == [(0, 0, 0)]
    other = "FROM decisions WHERE oracle LIKE 'equilibrium-%'"
    assert query(folder, f"SELECT count(optimal) {other}") == [(0,)]
    assert query(folder, f"SELECT count(*) {other} AND regret >= 0")[0][0] > 0
    best = query(folder, "SELECT game, optimal_rate, mean_regret, judged FROM move_quality "
                         "WHERE agent = 'optimal' AND judged > 0")  # fmt: skip
    assert {game: (rate, regret) for game, rate, regret, _ in best} == {
        "tic_tac_toe": (1.0, 0.0), "kuhn_poker": (None, 0.0), "leduc_poker": (None, 0.0),
    }  # fmt: skip
    worse = query(folder, "SELECT mean_regret FROM move_quality WHERE agent = 'random' "
                          "AND game = 'leduc_poker'")  # fmt: skip
    assert worse[0][0] > 0


def test_a_second_run_does_nothing(played: tuple[Path, Finished]) -> None:
    folder, _ = played
    again = snakemake(folder, None)
    assert again.code == 0
    assert again.jobs == []


@pytest.mark.nightly
def test_equal_seeds_give_equal_data_and_others_other(
    tmp_path: Path,
) -> None:
    few = {**GRID, "games": ["kuhn_poker", "tic_tac_toe"]}
    few["agents"] = {k: v for k, v in GRID["agents"].items() if k in ("random", "optimal")}
    one, two, three = (tmp_path / name for name in ("one", "two", "three"))
    for place, seed in ((one, 5), (two, 5), (three, 6)):
        assert snakemake(place, {**few, "seed": seed}, *DATABASE).code == 0
    assert data(one) == data(two)
    assert data(one)["decisions"] != data(three)["decisions"]


def test_a_folder_of_another_seed_is_refused_unless_told(
    played: tuple[Path, Finished],
) -> None:
    folder, _ = played
    refused = snakemake(folder, {**GRID, "seed": 12}, "--dry-run")
    assert refused.code != 0
    assert "seed 11" in refused.output
    told = snakemake(folder, {**GRID, "seed": 12, "mix_results": True}, "--dry-run")
    assert told.code == 0
    snakemake(folder, GRID, "--dry-run")
