"""Bots play every game of the suite through the whole workflow; the tables are right."""

import json
from dataclasses import dataclass
from pathlib import Path

import pyspiel
import pytest

from arena import suite
from gamegrid import games
from gamegrid.games.game import Oracle, Scoring
from gamegrid.oracles.equilibrium import solved
from leaks import can_redraw
from workflow_runs import DATABASE, Finished, Grid, query, snakemake

ALL = suite(lambda game: True)


def one_of_each_kind(names: list[str]) -> list[str]:
    """Return the first game of each kind: the traits that decide play, scoring and judging."""
    kinds: dict[tuple[object, ...], str] = {}
    for name in names:
        game = games.load(name)
        kind = (
            game.scoring,
            game.sequential,
            game.perfect_information,
            game.hidden_information,
            game.players,
            game.oracle,
            game.spiel.get_type().chance_mode,
            can_redraw(game),
        )
        kinds.setdefault(kind, name)
    return list(kinds.values())


PERFECT = suite(lambda game: game.perfect_information)
REDRAWN = suite(can_redraw)
OTHERS = sorted({*ALL} - {*PERFECT, *REDRAWN})


def grid(names: list[str]) -> Grid:
    """Let random agents meet, in each game, the one search bot that can play it, if any."""

    def among(fitting: list[str]) -> list[str]:
        return [name for name in names if name in fitting]

    return {
        "seed": 3,
        "deals": 2,
        "max_plies": 60,
        "games": names,
        "agents": {
            "random": {"type": "random"},
            "mcts": {"type": "mcts", "simulations": 20, "games": among(PERFECT)},
            "ismcts": {"type": "ismcts", "simulations": 20, "games": among(REDRAWN)},
            "other": {"type": "random", "games": among(OTHERS)},
        },
        "schedule": {"each": ["mcts", "ismcts", "other"], "against": ["random"]},
    }


@dataclass(frozen=True)
class Played:
    """A finished grid and its snakemake run."""

    folder: Path
    run: Finished
    grid: Grid


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(one_of_each_kind(ALL), id="one of each kind"),
        pytest.param(ALL, id="all", marks=pytest.mark.nightly),
    ],
)
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Games of the suite, played once for all tests that read the results."""
    folder, config = tmp_path_factory.mktemp("suite"), grid(request.param)
    return Played(folder, snakemake(folder, config, *DATABASE), config)


def test_every_game_is_played_to_its_stored_returns(played: Played) -> None:
    folder, run = played.folder, played.run
    assert run.code == 0, run.output
    rows = query(
        folder,
        """
        SELECT episode_id, game, load_string, trajectory, status, list("return" ORDER BY seat)
        FROM episodes JOIN games USING (game) JOIN seats USING (episode_id) GROUP BY ALL
        """,
    )
    assert {row[1] for row in rows} == {*played.grid["games"]}
    for _, _, load_string, trajectory, status, returns in rows:
        state = games.load(load_string).replay(json.loads(trajectory))
        assert state.is_terminal() == (status == "complete")
        assert returns == (state.returns() if status == "complete" else [None] * len(returns))
        assert status in ("complete", "truncated")


def test_payoff_and_solo_games_enter_no_rating(played: Played) -> None:
    folder, names = played.folder, played.grid["games"]
    paid = [name for name in names if games.load(name).scoring is Scoring.PAYOFF]
    ranked = dict(query(folder, "SELECT game, count(rank) FROM per_game GROUP BY game"))
    scores = "SELECT game, count(score) + count(strict_score) FROM seats JOIN episodes USING"
    scored = dict(query(folder, f"{scores} (episode_id) GROUP BY game"))
    assert paid
    assert not any(ranked[name] for name in paid)
    # The leaderboard counts win_loss games only.
    won = {name for name in names if games.load(name).scoring is Scoring.WIN_LOSS}
    assert {name for name in names if scored[name]} == won
    counted = dict(query(folder, "SELECT agent, games FROM leaderboard"))
    for agent, settings in played.grid["agents"].items():
        listed = (counted.get(agent) or "").split(", ")
        assert {*listed} - {""} == won & {*settings.get("games", names)}


# Best play is ranked first


def advantage(name: str) -> float:
    """Enumerate what an equilibrium earns against random play, averaged over both seats."""
    game = games.load(name)
    in_turn = game.spiel if game.sequential else pyspiel.convert_to_turn_based(game.spiel)
    policy = solved(game.load_string).policy

    def expected(state: pyspiel.State, optimal: int) -> float:
        if state.is_terminal():
            return float(state.player_return(optimal))
        if state.is_chance_node():
            branches = state.chance_outcomes()
        elif state.current_player() == optimal:
            told = state.information_state_string()
            branches = policy[told if game.sequential else told.split("\n", 1)[1]]
        else:
            branches = [
                (action, 1 / len(state.legal_actions())) for action in state.legal_actions()
            ]
        return sum(p * expected(state.child(action), optimal) for action, p in branches if p)

    return sum(expected(in_turn.new_initial_state(), seat) for seat in (0, 1)) / 2


def without_best() -> set[str]:
    """Return the games in which random play is itself an equilibrium, like matching pennies."""
    solved_games = suite(lambda game: game.oracle is Oracle.EQUILIBRIUM)
    return {name for name in solved_games if advantage(name) < 1e-9}


def test_random_play_is_best_play_in_few_games() -> None:
    equal, known = without_best(), suite(lambda game: game.oracle is not Oracle.NONE)
    assert {"matrix_mp", "matrix_rps"} <= equal
    assert not equal & {*RANKED}
    assert len(known) > 2 * len(equal)


RANKED = (
    "generated_cards",
    "generated_matrix",
    "goofspiel_4",
    "kuhn_poker",
    "leduc_poker",
    "liars_dice_4",
    "misere_tic_tac_toe",
    "pig_20",
    "tic_tac_toe",
)
"""Games of every kind that has an oracle; the nightly tests take all such games."""


@pytest.mark.parametrize(
    ("deals", "every"), [(200, False), pytest.param(1000, True, marks=pytest.mark.nightly)]
)
def test_best_play_is_ranked_above_random_play_where_there_is_an_oracle(
    deals: int, every: bool, tmp_path: Path
) -> None:
    known = suite(lambda game: game.oracle is not Oracle.NONE)
    ranked = sorted({*known} - without_best()) if every else list(RANKED)
    eager = {"type": "preference", "prefer": ["Bet", "Raise", "Call"]}
    poker = ["kuhn_poker", "leduc_poker"]
    run = snakemake(
        tmp_path,
        {
            "seed": 4,
            "deals": deals,
            "games": ranked,
            "agents": {
                "random": {"type": "random"},
                "optimal": {"type": "optimal"},
                "always_bet": {**eager, "games": poker},
            },
        },
        *DATABASE,
    )
    assert run.code == 0, run.output
    order = "SELECT game, list(rank || ' ' || agent ORDER BY rank) FROM per_game GROUP BY game"
    orders = dict(query(tmp_path, order))
    for name in ranked:
        agents = ["optimal", *(["always_bet"] if name in poker else []), "random"]
        assert orders[name] == [f"{rank} {agent}" for rank, agent in enumerate(agents, 1)]
    losses = "FROM head_to_head WHERE agent = 'optimal' AND mean_return <= 0"
    assert query(tmp_path, f"SELECT count(*) {losses}") == [(0,)]
