"""The results of known policies agree with published values and with a second computation."""

from pathlib import Path
from typing import Any

import pyspiel
import pytest

from gamegrid import games
from gamegrid.agents.agent import kinds
from gamegrid.analysis.references import (
    Expectation,
    Missing,
    Shares,
    expectations,
    policy_of,
    references,
    results,
    small,
)
from gamegrid.games.game import Game, apply
from gamegrid.games.policy import Policy
from gamegrid.oracles.minimax import Minimax
from gamegrid.plan import plan
from gamegrid.plan.deals import opening


def policy(kind: str, game: Game, **settings: Any) -> Policy:
    declared = kinds()[kind]
    assert declared.policy is not None
    return declared.policy(declared.settings(type=kind, **settings), game)


def mean(shares: Shares, seat: int) -> float:
    return sum(amounts[seat] * chance for amounts, chance in shares.items())


# Computed by enumerating all histories, as in tests/play/test_enumeration.py.
UNIFORM = {
    "tic_tac_toe": {1.0: 737 / 1260, 0.0: 8 / 63, -1.0: 121 / 420},
    "kuhn_poker": {-2.0: 3 / 16, -1.0: 1 / 4, 1.0: 3 / 8, 2.0: 3 / 16},
}


@pytest.mark.parametrize("name", UNIFORM)
def test_random_play_has_its_known_outcomes(name: str) -> None:
    game = games.load(name)
    found = results(game, [policy("random", game)] * 2, 0, game.max_plies)
    known = {(first, -first): share for first, share in UNIFORM[name].items()}
    assert found.returns == pytest.approx(known, abs=1e-12)
    assert found.cut == {}


@pytest.mark.parametrize("name", ["kuhn_poker", "leduc_poker", "liars_dice_4", "goofspiel_4"])
def test_best_play_against_random_play_is_openspiels_best_response(name: str) -> None:
    """In a zero-sum game the two values add up to what both gain by deviating from uniform play."""
    game = games.load(name)
    spiel = game.spiel if game.sequential else pyspiel.convert_to_turn_based(game.spiel)
    gain = pyspiel.nash_conv(spiel, pyspiel.UniformRandomPolicy(spiel))
    best = [one.reference_return for one in references(game, 0, game.max_plies, True)]
    assert None not in best
    assert sum(best) == pytest.approx(gain, abs=1e-6)  # type: ignore[arg-type]


def test_kuhn_poker_by_hand() -> None:
    """Against uniform play the first player gets at most 1/2 per game, the second at most 5/12.

    Their sum is 11/12, the NashConv of uniform play in tests/oracles/test_equilibrium.py.
    """
    found = references(games.load("kuhn_poker"), 0, 3, True)
    assert [one.random_return for one in found] == pytest.approx([1 / 8, -1 / 8])
    assert [one.reference_return for one in found] == pytest.approx([1 / 2, 5 / 12])
    assert [one.value for one in found] == pytest.approx([-1 / 18, 1 / 18])
    assert [one.reason for one in found] == [None, None]


def test_a_perfect_player_errs_by_what_it_is_told(tic_tac_toe: Game) -> None:
    random, best = policy("random", tic_tac_toe), policy("optimal", tic_tac_toe)
    found = {
        rate: results(
            tic_tac_toe, [policy("noisy_optimal", tic_tac_toe, epsilon=rate), random], 2, 9
        ).returns
        for rate in (0.0, 0.5, 1.0)
    }
    assert found[0.0] == pytest.approx(results(tic_tac_toe, [best, random], 2, 9).returns)
    assert found[1.0] == pytest.approx(results(tic_tac_toe, [random, random], 2, 9).returns)
    means = [mean(found[rate], 0) for rate in (0.0, 0.5, 1.0)]
    assert means == sorted(means, reverse=True)
    against_itself = results(tic_tac_toe, [best, best], 2, 9)
    assert against_itself.returns == pytest.approx({(0.0, 0.0): 1.0})  # openings keep the draw


def test_where_there_is_no_scale_the_reason_is_said() -> None:
    for name, plies, reason in (
        ("matrix_rps", 1, Missing.NO_GAIN),
        ("kuhn_poker_3p", 5, Missing.NO_BEST_PLAY),
        ("connect_four", 42, Missing.TOO_LARGE),
        ("tic_tac_toe", 4, Missing.CUT_OFF),
    ):
        game = games.load(name)
        found = references(game, 0, plies, small(game))
        assert {one.reason for one in found} == {reason}, name
    # The oracle of tic-tac-toe does not cover games that are cut short.
    assert {one.value for one in found} == {None}


def test_the_most_that_a_dilemma_can_give_is_cooperation() -> None:
    """Axelrod (1984), figure 1, gives 3 and 3 per round; ten rounds give ten times as much."""
    one, ten = games.load("prisoners_dilemma"), games.load("repeated_prisoners_dilemma")
    assert references(one, 0, 1, True)[0].best_joint_return == 6
    assert references(ten, 0, 10, False)[0].best_joint_return == 60


def test_an_agent_of_three_is_expected_over_its_seatings(tmp_path: Path) -> None:
    raw = {
        "games": ["kuhn_poker_3p"],
        "agents": {name: {"type": "random"} for name in ("a", "b", "c")},
    }
    made = plan.make(raw, tmp_path)
    [cell] = made.reference_cells.controls
    policies = {name: policy_of(made, name, cell.game) for name in "abc"}
    found = expectations(made, cell, policies)

    def expected(agent: str, seat: int) -> float:
        rows: list[Expectation] = [one for one in found if (one.agent, one.seat) == (agent, seat)]
        assert sum(one.chance for one in rows) == pytest.approx(1)
        return sum(one.result * one.chance for one in rows)

    seats = [one.random_return for one in references(cell.game, 0, 5, True)]
    assert [expected("b", seat) for seat in range(3)] == pytest.approx(seats)
    assert sum(seats) == pytest.approx(0)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["tic_tac_toe", "nim", "hex(board_size=3)", "hex_4"])
def test_a_value_is_promised_only_if_every_opening_keeps_it(name: str) -> None:
    """In hex_4, openings may be lost: there, best play guarantees nothing from the start."""
    game, minimax = games.load(name), Minimax()
    plies = game.opening_plies
    value = references(game, plies, game.max_plies, enumerable=False)[0].value
    worth = set()
    for deal in range(20):
        state = game.spiel.new_initial_state()
        for step in opening(game, 42, deal, plies, minimax):
            apply(state, step)
        worth.add(minimax.value(state))
    assert value in (None, *(((each + 1) / 2) for each in worth))
    assert (value is None) == (len(worth) > 1)
