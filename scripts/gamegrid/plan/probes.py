"""Policy probes: one decision in every information state of a game with an equilibrium.

An agent's games show its policy only where they lead. Probes show the whole policy, and what the
best opponent wins against that can be computed exactly.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

import pyspiel

from gamegrid.games.game import Game, Joint, Oracle, apply

VERSION = 1
"""Raise it when a game's probes change: agents are then asked again."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A history after which ``deciding`` seats make a move.

    ``states`` are the information states that this probe covers, by seat. A seat whose state
    another probe covers decides too, but is not among them.
    """

    history: tuple[Joint, ...]
    deciding: int
    states: Mapping[int, str]


def probes(game: Game) -> list[Probe]:
    """Return probes that cover each information state of each seat once.

    In simultaneous games all seats decide; histories in which every state is new come first, to
    keep repetitions few. Raises ValueError for a game without an equilibrium.
    """
    if game.oracle is not Oracle.EQUILIBRIUM:
        raise ValueError(f"{game.load_string} has no equilibrium to hold a policy to")
    met = list(_decisions(game.spiel.new_initial_state(), ()))
    covered = set[tuple[int, str]]()
    chosen = []
    for repeating in (False, True):
        for history, states in met:
            new = {seat: state for seat, state in states.items() if (seat, state) not in covered}
            if len(new) == len(states) or (repeating and new):
                covered |= set(new.items())
                chosen.append(Probe(history, len(states), new))
    return chosen


def _decisions(
    state: pyspiel.State, history: tuple[Joint, ...]
) -> Iterator[tuple[tuple[Joint, ...], Mapping[int, str]]]:
    """Yield every history after which a seat decides, with the information states by seat."""
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
