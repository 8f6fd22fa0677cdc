"""Known policies: move probabilities, what of the past they depend on, and what may follow."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from itertools import product
from math import prod

import pyspiel

Policy = Callable[[pyspiel.State, int], Mapping[int, float]]
"""Maps (state, seat) to the probability of each action; actions left out have probability 0."""
Memory = Callable[[pyspiel.State, int], Hashable]
"""Maps (state, seat) to what a policy remembers of the past, apart from its length."""


def successors(
    state: pyspiel.State, policies: Sequence[Policy]
) -> Iterator[tuple[pyspiel.State, float]]:
    """Yield each state that may follow in one step, with its probability above 0.

    A step is a chance event, a move, or a simultaneous move of all seats. ``policies`` are those of
    the seats, in order. ``state`` is not terminal.
    """
    if state.is_chance_node():
        outcomes = state.chance_outcomes()
    elif not state.is_simultaneous_node():
        seat = state.current_player()
        outcomes = policies[seat](state, seat).items()
    else:
        yield from _joint(state, policies)
        return
    for action, chance in outcomes:
        if chance > 0:
            yield state.child(action), chance


def _joint(
    state: pyspiel.State, policies: Sequence[Policy]
) -> Iterator[tuple[pyspiel.State, float]]:
    choices = [policy(state, seat).items() for seat, policy in enumerate(policies)]
    for joint in product(*choices):
        chance = prod(part for _, part in joint)
        if chance > 0:
            child = state.clone()
            child.apply_actions([action for action, _ in joint])
            yield child, chance
