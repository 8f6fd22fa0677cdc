"""Exact search: known values, and the same values as a search without a cache."""

from collections import defaultdict
from random import Random

import pyspiel
import pytest

from arena import random_decisions
from gamegrid import games
from gamegrid.games.game import Game
from gamegrid.oracles.minimax import Minimax


def plain(state: pyspiel.State) -> float:
    """Return the value for seat 0, without a cache."""
    if state.is_terminal():
        return float(state.player_return(0))
    best = max if state.current_player() == 0 else min
    return float(best(plain(state.child(action)) for action in state.legal_actions()))


@pytest.mark.parametrize(
    ("load_string", "value"),
    [
        ("tic_tac_toe", 0.0),
        # Nim with piles 1, 3, 5, 7: their exclusive or is 0, so the second player wins.
        ("nim(pile_sizes=1;3;5;7,is_misere=false)", -1.0),
        # Piles 3, 4, 5: the exclusive or is not 0, so the first player wins (Bouton 1901).
        ("nim(pile_sizes=3;4;5,is_misere=false)", 1.0),
    ],
)
def test_the_value_of_a_game_is_the_known_one(load_string: str, value: float) -> None:
    assert Minimax().value(pyspiel.load_game(load_string).new_initial_state()) == value


def test_values_are_those_of_a_search_without_memory(tic_tac_toe: Game) -> None:
    minimax = Minimax()
    for moves, state in random_decisions(tic_tac_toe, 40):
        if len(moves) >= 3:
            assert minimax.value(state) == plain(state)


def test_one_board_may_have_two_movers_and_two_values() -> None:
    # A player who closes a box moves again, and OpenSpiel's board does not show whose turn it is.
    spiel, minimax, movers = pyspiel.load_game("dots_and_boxes"), Minimax(), defaultdict(set)
    luck = Random(5)
    for _ in range(200):
        state = spiel.new_initial_state()
        while not state.is_terminal():
            if len(state.history()) >= 8:
                movers[str(state)].add(state.current_player())
                assert minimax.value(state) == plain(state)
            state.apply_action(luck.choice(state.legal_actions()))
    assert any(len(seats) == 2 for seats in movers.values())


@pytest.mark.parametrize("name", ["tic_tac_toe", "connect_four_4x4"])
def test_best_actions_keep_the_value_and_others_do_not(name: str) -> None:
    game, minimax = games.load(name), Minimax()
    for moves, state in random_decisions(game, 15):
        if len(moves) < (0 if name == "tic_tac_toe" else 6):
            continue
        sign = 1 if state.current_player() == 0 else -1
        value = sign * minimax.value(state)
        values = minimax.action_values(state)
        assert set(values) == set(state.legal_actions())
        assert max(values.values()) == value
        assert minimax.best_actions(state) == [a for a in sorted(values) if values[a] == value]
        for action, worth in values.items():
            assert worth == sign * minimax.value(state.child(action))
