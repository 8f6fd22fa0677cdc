"""Exact oracles of all games agree with searches that share no code with them."""

from functools import cache

import pyspiel
import pytest

from arena import random_decisions
from gamegrid import games
from gamegrid.games.game import Oracle
from gamegrid.luck import deal_draw
from gamegrid.oracles.exact import solver
from gamegrid.oracles.minimax import Minimax
from gamegrid.plan.deals import opening

SOLVED = (
    "tic_tac_toe",
    "misere_tic_tac_toe",
    "nim",
    "nim_normal",
    "dots_and_boxes",
    "connect_four_4x4",
    "breakthrough_5x4",
    "hex(board_size=3)",
    "hex_4",
    "pig_20",
)


@pytest.mark.parametrize("name", SOLVED)
def test_a_position_is_worth_its_best_move(name: str) -> None:
    game = games.load(name)
    assert game.oracle is Oracle.EXACT
    exact = solver(game.load_string)
    for moves, state in random_decisions(game, 4):
        if name in ("breakthrough_5x4", "hex_4") and len(moves) < 6:
            continue
        sign = 1 if state.current_player() == 0 else -1
        values = exact.action_values(state)
        assert list(values) == state.legal_actions()
        assert sign * exact.value(state) == max(values.values())
        assert exact.best_actions(state) == [a for a in values if values[a] == max(values.values())]


@pytest.mark.parametrize(("name", "stones"), [("hex(board_size=3)", 0), ("hex_4", 7)])
def test_hex_on_bits_is_hex_on_openspiels_states(name: str, stones: int) -> None:
    game, searched = games.load(name), Minimax()
    exact, met = solver(game.load_string), 0
    for moves, state in random_decisions(game, 40):
        if len(moves) >= stones:
            assert exact.value(state) == searched.value(state)
            assert exact.action_values(state) == searched.action_values(state)
            met += 1
    assert met > 100


def test_openings_of_hex_4_are_those_of_before_it_was_solved() -> None:
    """Stored results used these openings: the first ones drawn, whatever their value."""
    game = games.load("hex_4")
    assert game.oracle is Oracle.EXACT
    for deal in range(50):
        draw, state = (
            deal_draw(1, game.luck_name, deal, "opening 0"),
            game.spiel.new_initial_state(),
        )
        for action in opening(game, 1, deal, 2, Minimax()):
            assert action == draw.choice(state.legal_actions())
            state.apply_action(action)


@pytest.mark.parametrize("size", ["winscore=3,horizon=9", "winscore=7,horizon=6", "winscore=9"])
def test_pig_is_worth_what_a_walk_over_its_whole_tree_finds(size: str) -> None:
    """Search the whole tree, chance included, caching only by standings."""
    game = games.load(f"pig({size})")
    exact = solver(game.load_string)

    @cache
    def walked(standing: str, choices: int) -> float:
        state = standings[standing, choices]
        if state.is_terminal():
            return float(state.player_return(0))
        best = max if state.current_player() == 0 else min
        return float(best(after(state, action, choices) for action in state.legal_actions()))

    def after(state: pyspiel.State, action: int, choices: int) -> float:
        child = state.child(action)
        if not child.is_chance_node():
            return known(child, choices + 1)
        return sum(p * known(child.child(a), choices + 1) for a, p in child.chance_outcomes())

    def known(state: pyspiel.State, choices: int) -> float:
        if choices == game.max_plies and not state.is_terminal():
            return 0.0  # cut off: a draw
        standings.setdefault((str(state), choices), state)
        return walked(str(state), choices)

    standings: dict[tuple[str, int], pyspiel.State] = {}
    start = game.spiel.new_initial_state()
    assert exact.value(start) == pytest.approx(known(start, 0), abs=1e-12)
    for moves, state in random_decisions(game, 30):
        choices = game.choices(state)  # type: ignore[attr-defined]
        assert moves == state.history()
        expected = known(state, choices)
        assert exact.value(state) == pytest.approx(expected, abs=1e-12)


def test_the_first_to_move_wins_pig_to_20_as_often_as_known() -> None:
    # 0.615559 by OpenSpiel's value iteration (open_spiel.python.algorithms.value_iteration), which
    # has no cut-off. After 80 choices the cut-off matters less than 1e-6.
    game = games.load("pig_20")
    value = solver(game.load_string).value(game.spiel.new_initial_state())
    assert (1 + value) / 2 == pytest.approx(0.615559, abs=1e-6)
