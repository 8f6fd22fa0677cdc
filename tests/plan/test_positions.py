"""Position suites are the same for all agents and well spread; each position allows a mistake."""

from collections import Counter

import pytest

from gamegrid import games
from gamegrid.games.game import Game
from gamegrid.oracles.exact import solver
from gamegrid.plan.positions import SIZE, STEPS, positions, spread

SUITES = ("tic_tac_toe", "misere_tic_tac_toe", "nim", "dots_and_boxes", "connect_four_4x4",
          "hex(board_size=3)", "pig_20")  # fmt: skip


def stratum(game: Game, history: list[int]) -> tuple[int, int]:
    """Return the number of moves made and the value for the mover, in steps."""
    state, moves = game.spiel.new_initial_state(), 0
    for action in history:
        moves += not state.is_chance_node()
        state.apply_action(action)
    sign = 1 if state.current_player() == 0 else -1
    return moves, round(sign * solver(game.load_string).value(state) * STEPS)


@pytest.mark.parametrize("name", SUITES)
def test_each_position_is_another_one_with_something_to_get_wrong(name: str) -> None:
    game = games.load(name)
    found = positions(game)
    assert len(found) == SIZE
    assert found == positions(game)
    boards = set()
    for history in found:
        state = game.replay(history)
        boards.add((state.current_player(), str(state)))
        assert len(set(solver(game.load_string).action_values(state).values())) > 1
    assert len(boards) == SIZE


@pytest.mark.parametrize("name", ["tic_tac_toe", "connect_four_4x4", "pig_20"])
def test_suites_are_spread_over_depths_and_values(name: str) -> None:
    game = games.load(name)
    many = Counter(stratum(game, history) for history in positions(game))
    assert len({moves for moves, _ in many}) >= 6
    assert len({value for _, value in many}) >= 2
    assert max(many.values()) <= SIZE / 5


@pytest.mark.parametrize("size", range(0, 40, 3))
def test_no_stratum_is_favoured_unless_the_others_are_used_up(size: int) -> None:
    strata = [
        [f"{letter}{n}" for n in range(many)]
        for letter, many in zip("abcd", (1, 3, 9, 20), strict=True)
    ]
    taken = spread(strata, size)
    assert len(set(taken)) == len(taken) == min(size, 33)
    counts = [sum(item in taken for item in stratum) for stratum in strata]
    for count, stratum in zip(counts, strata, strict=True):
        assert count == len(stratum) or count >= max(counts) - 1


def test_a_game_without_an_exact_oracle_has_no_suite() -> None:
    with pytest.raises(ValueError, match="kuhn_poker has no exact oracle"):
        positions(games.load("kuhn_poker"))


def test_a_disguise_has_the_positions_of_its_plain_game() -> None:
    assert positions(games.load("number_scrabble"), 20) == positions(games.load("tic_tac_toe"), 20)
