"""Probes ask for a move in every information state of every seat, with few repeats."""

import pytest

from arena import every_decision, movers
from gamegrid import games
from gamegrid.plan.probes import probes

GAMES = ("kuhn_poker", "sealed_parcels", "leduc_poker(suit_isomorphism=true)", "liars_dice_4",
         "goofspiel_4", "matrix_rps")  # fmt: skip


@pytest.mark.parametrize("name", GAMES)
def test_every_information_state_is_asked_once(name: str) -> None:
    game = games.load(name)
    asked = [(seat, state) for probe in probes(game) for seat, state in probe.states.items()]
    met = {
        (seat, state.information_state_string(seat))
        for _, state in every_decision(game)
        for seat in movers(state)
    }
    assert len(asked) == len(set(asked))
    assert set(asked) == met


@pytest.mark.parametrize("name", GAMES)
def test_a_probe_leads_to_what_it_asks(name: str) -> None:
    game = games.load(name)
    for probe in probes(game):
        state = game.replay(probe.history)
        assert len(movers(state)) == probe.deciding
        for seat, asked in probe.states.items():
            assert seat in movers(state)
            assert state.information_state_string(seat) == asked


def test_seats_that_choose_at_once_share_probes() -> None:
    """Each seat has 81 information states; few probes repeat one."""
    found = probes(games.load("goofspiel_4"))
    assert sum(probe.deciding for probe in found) <= 1.1 * 162


def test_a_game_without_an_equilibrium_has_no_probes() -> None:
    with pytest.raises(ValueError, match="tic_tac_toe has no equilibrium"):
        probes(games.load("tic_tac_toe"))
