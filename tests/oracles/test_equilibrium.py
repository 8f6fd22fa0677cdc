"""Equilibria have the games' known values, and no strategy gains against them."""

import pyspiel
import pytest

from arena import every_decision
from gamegrid import games
from gamegrid.oracles.equilibrium import solve, solved

LEDUC = "leduc_poker(suit_isomorphism=true)"
DICE = "liars_dice(dice_sides=4)"

# Kuhn (1950), "A simplified two-person poker": -1/18 for the first player. Leduc poker has the same
# value with and without suits; OpenSpiel's own linear program
# (open_spiel.python.algorithms.sequence_form_lp) agrees to 1e-9. The value of liar's dice is
# verified by the test that neither player can gain.
VALUES = {
    "kuhn_poker": -1 / 18,
    "leduc_poker": -0.085606424078,
    LEDUC: -0.085606424078,
    DICE: 1 / 16,
}
# The sum of both players' gains from deviating when all play uniformly.
UNIFORM = {"kuhn_poker": 0.916667, "leduc_poker": 4.747222, LEDUC: 4.747222, DICE: 1.310119}


@pytest.mark.parametrize("name", VALUES)
def test_the_value_is_the_known_one(name: str) -> None:
    assert solved(name).value == pytest.approx(VALUES[name], abs=1e-9)


@pytest.mark.parametrize("name", VALUES)
def test_neither_player_gains_by_deviating(name: str) -> None:
    spiel = pyspiel.load_game(name)
    policy = solved(name).policy
    assert pyspiel.nash_conv(spiel, policy) < 1e-9
    # Guards against a constant measure.
    uniform = {state: [(a, 1 / len(p)) for a, _ in p] for state, p in policy.items()}
    assert pyspiel.nash_conv(spiel, uniform) == pytest.approx(UNIFORM[name], abs=1e-6)


@pytest.mark.parametrize("name", VALUES)
def test_the_policy_covers_every_information_state_with_legal_moves(name: str) -> None:
    policy, met = solved(name).policy, set()
    for _, state in every_decision(games.load(name)):
        information = state.information_state_string()
        met.add(information)
        actions = [action for action, _ in policy[information]]
        assert actions == state.legal_actions()
        assert sum(p for _, p in policy[information]) == pytest.approx(1, abs=1e-12)
        assert all(p >= 0 for _, p in policy[information])
    assert set(policy) == met


@pytest.mark.parametrize(("name", "choices"), [("matrix_rps", 3), ("matrix_mp", 2)])
def test_a_simultaneous_game_is_solved_for_both_seats(name: str, choices: int) -> None:
    spiel = pyspiel.load_game(name)
    found = solve(spiel)
    assert found.value == pytest.approx(0, abs=1e-12)
    state = spiel.new_initial_state()
    for seat in (0, 1):
        policy = found.policy[state.information_state_string(seat)]
        assert [a for a, _ in policy] == list(range(choices))
        assert [p for _, p in policy] == pytest.approx([1 / choices] * choices, abs=1e-9)


@pytest.mark.parametrize("name", ["goofspiel_4", "goofspiel(imp_info=true,num_cards=3)"])
def test_neither_player_gains_by_deviating_from_simultaneous_bids(name: str) -> None:
    game = games.load(name)
    policy, in_turn = solved(game.load_string).policy, pyspiel.convert_to_turn_based(game.spiel)
    turns, waiting = {}, [in_turn.new_initial_state()]
    while waiting:
        state = waiting.pop()
        if state.is_player_node():
            told = state.information_state_string()
            turns[told] = policy[told.split("\n", 1)[1]]
        waiting += [state.child(action) for action in state.legal_actions()]
    assert len(turns) == len(policy)
    assert pyspiel.nash_conv(in_turn, turns) < 1e-9
    uniform = {told: [(a, 1 / len(p)) for a, _ in p] for told, p in turns.items()}
    assert pyspiel.nash_conv(in_turn, uniform) > 0.5


def test_the_same_game_has_the_same_equilibrium_again() -> None:
    assert solve(pyspiel.load_game("kuhn_poker")) == solve(pyspiel.load_game("kuhn_poker"))
