"""Policy probes: every information state of a game with an equilibrium, asked one by one.

What an agent does in its own games says little of what it would do elsewhere. Asked in every
information state, it states a whole policy, and what the best opponent wins from that is exact.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

import pyspiel

from gamegrid.games.game import Game, Joint, Oracle, apply

VERSION = 1
"""Raised by hand when a game's probes change: agents are then asked anew."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A history in which somebody decides. ``asked`` counts the seats that do.

    ``states`` are their information states, by seat, without those that another probe is for.
    """

    history: tuple[Joint, ...]
    asked: int
    states: Mapping[int, str]


def probes(game: Game) -> list[Probe]:
    """Probes that ask each information state of each seat once.

    Where seats choose at once, all of them are asked; histories are preferred in which none is
    asked in a state that it was asked in before. Raises ValueError for a game without an
    equilibrium.
    """
    if game.oracle is not Oracle.EQUILIBRIUM:
        raise ValueError(f"{game.load_string} has no equilibrium to hold a policy to")
    met = list(_decisions(game.spiel.new_initial_state(), ()))
    asked = set[tuple[int, str]]()
    found = []
    for spare in (False, True):
        for history, states in met:
            new = {seat: state for seat, state in states.items() if (seat, state) not in asked}
            if len(new) == len(states) or (spare and new):
                asked |= set(new.items())
                found.append(Probe(history, len(states), new))
    return found


def _decisions(
    state: pyspiel.State, history: tuple[Joint, ...]
) -> Iterator[tuple[tuple[Joint, ...], Mapping[int, str]]]:
    """Every history in which somebody decides, with the information state of each who does."""
    if state.is_terminal():
        return
    seats, steps = [state.current_player()], list[Joint](state.legal_actions())
    if state.is_simultaneous_node():
        seats = list(range(state.num_players()))
        steps = [list(joint) for joint in product(*map(state.legal_actions, seats))]
    if not state.is_chance_node():
        yield history, {seat: str(state.information_state_string(seat)) for seat in seats}
    for step in steps:
        after = state.clone()
        apply(after, step)
        yield from _decisions(after, (*history, step))
