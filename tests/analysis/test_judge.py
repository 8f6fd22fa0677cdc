"""The judge: what each move was worth and who made it, using only what is known."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyspiel
import pytest

from arena import Chooser, bot, play, play_one, random_decisions, setup
from gamegrid import games
from gamegrid.agents.agent import Agent, Decision, Turn
from gamegrid.analysis.judge import Move, judge_game, judge_line, judge_of, verdict
from gamegrid.games.game import Game
from gamegrid.oracles.exact import solver
from gamegrid.records import chunkfile
from gamegrid.records.record_types import DecisionStatus, EpisodeRecord, RunRecord

EXACT = ("tic_tac_toe", "misere_tic_tac_toe", "nim", "dots_and_boxes", "connect_four_4x4",
         "breakthrough_5x4", "hex(board_size=3)", "pig_20")  # fmt: skip
SOLVED = (*EXACT, "kuhn_poker", "leduc_poker", "liars_dice_4", "goofspiel_4", "matrix_rps")
RUN = RunRecord(run_id="run", started_at="2025-01-01T00:00:00", config="{}", code_version="1",
                interpreter="3", packages="{}", host="{}")  # fmt: skip

Rows = list[dict[str, Any]]


def worst(turn: Turn) -> Decision:
    """Return the move that loses the most according to the solver."""
    values = solver(turn.game.load_string).action_values(turn.sample_state())
    return Decision(action=min(values, key=lambda action: values[action]))


def judged(folder: Path, game: Game, episodes: Sequence[EpisodeRecord]) -> Rows:
    """Return the rows of the file that the judge writes, in order."""
    chunk, output = folder / "chunk.parquet", folder / "judged/game.parquet"
    chunkfile.write(chunk, RUN, episodes, "{}")
    judge_game(game, [chunk], output)
    assert [path.name for path in output.parent.iterdir()] == ["game.parquet"]
    with duckdb.connect() as connection:
        found = connection.execute("SELECT * FROM read_parquet(?)", [str(output)])
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def some_episodes(game: Game, agents: Mapping[str, Agent], deals: int = 4) -> list[EpisodeRecord]:
    first, second = agents
    seatings = [(first, second), (second, first)]
    return play(
        [
            setup(game, seats, deal=deal, seating=seating)
            for deal in range(deals)
            for seating, seats in enumerate(seatings)
        ],
        dict(agents),
    )


@pytest.mark.parametrize("name", SOLVED)
def test_every_decision_is_judged_and_optimal_play_has_no_regret(name: str, tmp_path: Path) -> None:
    game = games.load(name)
    few = 1 if name == "breakthrough_5x4" else 4
    episodes = some_episodes(game, {"optimal": bot("optimal"), "random": bot("random")}, few)
    rows = judged(tmp_path, game, episodes)
    who = {(e.episode_id, d.ply, d.seat): d.agent for e in episodes for d in e.decisions}
    assert [(r["episode_id"], r["ply"], r["seat"]) for r in rows] == sorted(who)
    for row in rows:
        exact = name in EXACT
        assert row["oracle"] == "exact" if exact else row["oracle"].startswith("equilibrium-")
        if row["regret"] is None:
            assert not exact
            assert {row[key] for key in ("best_value", "value", "optimal", "trivial")} == {None}
            continue
        if who[row["episode_id"], row["ply"], row["seat"]] == "optimal":
            assert row["regret"] == 0
        assert row["optimal"] is ((row["regret"] == 0) if exact else None)
        assert row["regret"] == pytest.approx(row["best_value"] - row["value"], abs=1e-9)
        if row["trivial"]:
            assert row["regret"] == 0


@pytest.mark.parametrize("name", ["tic_tac_toe", "dots_and_boxes", "pig_20"])
def test_whoever_errs_by_a_known_amount_has_exactly_that_regret(name: str, tmp_path: Path) -> None:
    """Without luck, the regrets of both seats add up to the change in the value of the game."""
    game = games.load(name)
    agents = {"best": bot("optimal"), "worst": Chooser(worst)}
    episodes = some_episodes(game, agents)
    rows = judged(tmp_path, game, episodes)
    exact = solver(game.load_string)
    start = game.spiel.new_initial_state()
    for episode in episodes:
        # Computed without the judge: how much each move of the agent changed the position's value.
        expected, state = [], start.clone()
        for step in json.loads(episode.trajectory):
            if state.is_chance_node():
                state.apply_action(step)
                continue
            sign = 1 if state.current_player() == 0 else -1
            before, after = exact.value(state), state.child(step)
            if after.is_chance_node():
                moved = sum(p * exact.value(after.child(a)) for a, p in after.chance_outcomes())
            else:
                moved = exact.value(after)
            expected.append(sign * (before - moved))
            state.apply_action(step)
        found = [r["regret"] for r in rows if r["episode_id"] == episode.episode_id]
        assert found == pytest.approx(expected, abs=1e-9)
        if not game.chance:
            signs = [1 if d.seat == 0 else -1 for d in episode.decisions]
            lost = sum(sign * regret for sign, regret in zip(signs, found, strict=True))
            assert exact.value(start) - lost == state.returns()[0]
    assert max(r["regret"] for r in rows) > 0.1


def test_values_are_those_of_a_walk_over_the_tree() -> None:
    """Solve tic-tac-toe by plain recursion over boards, without the solver."""

    @cache
    def value(board: str) -> float:
        state = boards[board]
        if state.is_terminal():
            return float(state.player_return(0))
        best = max if state.current_player() == 0 else min
        return float(best(known(state.child(action)) for action in state.legal_actions()))

    def known(state: pyspiel.State) -> float:
        boards.setdefault(str(state), state)
        return value(str(state))

    boards: dict[str, pyspiel.State] = {}
    game = games.load("tic_tac_toe")
    judge = judge_of(game)
    for _, state in random_decisions(game, 30):
        seat = state.current_player()
        sign = 1 if seat == 0 else -1
        for action in state.legal_actions():
            said = verdict(judge, state, Move(0, seat, action, own=True))
            assert said.value == sign * known(state.child(action))
            assert said.best_value == sign * known(state)
            assert said.optimal is (said.value == said.best_value)


def test_a_move_made_in_place_of_an_agent_is_valued_and_nobodys_regret(tmp_path: Path) -> None:
    game = games.load("tic_tac_toe")

    def helped(turn: Turn) -> Decision:
        if turn.ply < 2:
            return Decision(action=turn.legal[0], status=DecisionStatus.FALLBACK)
        return Decision(action=turn.legal[0], status=DecisionStatus.RETHOUGHT)

    episode = play_one(setup(game, ("helped", "helped")), {"helped": Chooser(helped)})
    rows = judged(tmp_path, game, [episode])
    for row in rows:
        assert row["value"] is not None
        assert row["best_value"] is not None
        assert (row["regret"] is None) is (row["ply"] < 2)
        assert (row["optimal"] is None) is (row["ply"] < 2)


@pytest.mark.parametrize("name", ["tic_tac_toe", "goofspiel_4", "kuhn_poker"])
def test_a_forfeit_is_a_decision_without_a_value(name: str, tmp_path: Path) -> None:
    """This includes joint moves, which the trajectory lacks; the other seat keeps its value."""
    game = games.load(name)

    def give_up(turn: Turn) -> Decision:
        if turn.ply == 1 or (turn.ply == 0 and not game.sequential):
            return Decision(action=None, status=DecisionStatus.FORFEIT)
        return Decision(action=turn.legal[0])

    agents = {"quits": Chooser(give_up), "stays": bot("preference", prefer=["Pass"])}
    agents["stays"] = Chooser(lambda turn: Decision(action=turn.legal[0]))
    episode = play_one(setup(game, ("stays", "quits")), agents)
    rows = judged(tmp_path, game, [episode])
    by_place = {(row["ply"], row["seat"]): row for row in rows}
    assert set(by_place) == {(d.ply, d.seat) for d in episode.decisions}
    for decision in episode.decisions:
        row = by_place[decision.ply, decision.seat]
        assert row["best_value"] is not None
        assert (row["value"] is None) is (decision.action is None)
        assert (row["regret"] is None) is (decision.action is None)


def test_openings_are_not_judged(tmp_path: Path) -> None:
    game = games.load("tic_tac_toe")
    agents = {"best": bot("optimal"), "worst": Chooser(worst)}
    plain = play_one(setup(game, ("best", "worst"), opening=(4, 1)), agents)
    cut = play_one(setup(game, ("best", "worst"), opening=(4, 1), max_plies=3, deal=1), agents)
    rows = judged(tmp_path, game, [plain, cut])
    assert len(rows) == len(plain.decisions) + 3
    after = game.replay([4, 1])
    for row in rows:
        if row["ply"] == 0:
            assert row["best_value"] == solver("tic_tac_toe").value(after)


def test_equal_lines_of_play_are_judged_alike_whoever_played_them(tmp_path: Path) -> None:
    """An agent's move in one episode may be a fallback's move in another."""
    game = games.load("tic_tac_toe")
    own = Chooser(lambda turn: Decision(action=turn.legal[0]))
    one = play_one(setup(game, ("a", "b")), {"a": own, "b": own})
    two = play_one(setup(game, ("a", "b"), deal=1), {"a": own, "b": own})
    first = one.decisions[0]
    changed = (replace(first, status=DecisionStatus.FALLBACK), *one.decisions[1:])
    three = replace(one, episode_id="helped", deal=2, decisions=changed)
    rows = judged(tmp_path, game, [one, two, three])
    by_episode = {
        e.episode_id: [
            {k: v for k, v in r.items() if k != "episode_id"}
            for r in rows
            if r["episode_id"] == e.episode_id
        ]
        for e in (one, two, three)
    }
    assert by_episode[one.episode_id] == by_episode[two.episode_id]
    assert by_episode["helped"][1:] == by_episode[one.episode_id][1:]
    assert by_episode["helped"][0]["regret"] is None
    assert by_episode[one.episode_id][0]["regret"] is not None


def test_other_games_and_no_games_give_no_rows(tmp_path: Path) -> None:
    kuhn = games.load("kuhn_poker")
    episodes = some_episodes(kuhn, {"optimal": bot("optimal"), "random": bot("random")}, 2)
    assert judged(tmp_path, games.load("tic_tac_toe"), episodes) == []


def test_a_game_without_an_oracle_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no oracle for connect_four"):
        judge_game(games.load("connect_four"), [], tmp_path / "x.parquet")


def test_a_line_is_judged_from_the_state_of_each_ply() -> None:
    """Leduc poker has chance between moves; each decision is judged on the information it had."""
    game = games.load("leduc_poker")
    judge = judge_of(game)
    episode = play_one(setup(game, ("a", "b")), {"a": bot("random"), "b": bot("random")})
    trajectory = json.loads(episode.trajectory)
    moves = [Move(d.ply, d.seat, d.action, own=True) for d in episode.decisions]
    said = dict(judge_line(judge, game, trajectory, 0, moves))
    state, ply = game.spiel.new_initial_state(), 0
    for step in trajectory:
        if not state.is_chance_node():
            values = judge.values(state, state.current_player())
            found = said[moves[ply]]
            assert found.value == (values[step] if values else None)
            ply += 1
        state.apply_action(step)
    assert ply == len(moves) == len(said)
