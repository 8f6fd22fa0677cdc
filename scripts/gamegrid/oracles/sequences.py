"""The sequence form of a two-player zero-sum game, and the best responses that it gives.

Source: Koller, Megiddo, von Stengel, "Efficient computation of equilibria for extensive two-person
games" (1996). A sequence is what one player did so far; 0 is having done nothing. Behaviour and
weights have one row per sequence and, where many policies are looked at at once, one column each.
"""

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import pyspiel
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix

Floats: TypeAlias = NDArray[np.float64]

Policy = dict[str, list[tuple[int, float]]]
"""Information state string to (action, probability), summing to 1."""


@dataclass
class Node:
    """An information state among one player's sequences, and what the others brought to it."""

    parent: int
    """The own sequence that leads there."""
    sequences: list[int]
    """Those of its actions."""
    actions: list[int]
    reach: dict[int, float] = field(default_factory=dict)
    """The probability of the chance events before it, by the other player's sequence."""


@dataclass
class Plan:
    """One player's sequences: their numbers, and each information state's place among them.

    A state comes after those before it.
    """

    numbers: dict[object, int] = field(default_factory=lambda: {(): 0})
    states: dict[str, Node] = field(default_factory=dict)

    def constraints(self) -> tuple[csr_matrix, Floats]:
        """The flow constraints E x = e of a realisation plan x."""
        entries = [(0, 0, 1.0)]
        for row, node in enumerate(self.states.values(), 1):
            entries.append((row, node.parent, -1.0))
            entries += [(row, sequence, 1.0) for sequence in node.sequences]
        rows, columns, values = zip(*entries, strict=True)
        shape = (len(self.states) + 1, len(self.numbers))
        flow = coo_matrix((values, (rows, columns)), shape=shape).tocsr()
        return flow, np.eye(shape[0])[0]

    def policy(self, weights: Floats) -> Policy:
        """Behaviour from realisation weights; uniform where the plan never comes."""
        found: Policy = {}
        for name, node in self.states.items():
            total = float(sum(weights[s] for s in node.sequences))
            even = 1 / len(node.actions)
            found[name] = [
                (a, float(weights[s]) / total if total > 1e-12 else even)
                for a, s in zip(node.actions, node.sequences, strict=True)
            ]
        return found

    def behaviour(self, policy: Policy) -> Floats:
        """The probability of each sequence's last action. Shape (sequences,)."""
        found = np.ones(len(self.numbers))
        for name, node in self.states.items():
            found[node.sequences] = [probability for _, probability in policy[name]]
        return found

    def weights(self, behaviour: Floats) -> Floats:
        """Realisation weights: the own part in the probability of each sequence."""
        found = np.array(behaviour, dtype=np.float64)
        for node in self.states.values():
            found[node.sequences] *= found[node.parent]
        return found

    def respond(self, gains: Floats) -> Floats:
        """What each sequence is worth with best play from then on.

        ``gains``: what ends at each sequence is worth by itself.
        """
        best = np.array(gains, dtype=np.float64)
        for node in reversed(self.states.values()):  # what comes later is worth something first
            best[node.parent] += best[node.sequences].max(axis=0)
        return best


@dataclass(frozen=True)
class SequenceForm:
    """Both plans, and seat 0's payoffs by their sequences."""

    plans: tuple[Plan, Plan]
    payoffs: csr_matrix

    @classmethod
    def of(cls, spiel: pyspiel.Game) -> "SequenceForm":
        """Walk through a game; a simultaneous one through its turn-based form."""
        simultaneous = spiel.get_type().dynamics == pyspiel.GameType.Dynamics.SIMULTANEOUS
        if simultaneous:
            spiel = pyspiel.convert_to_turn_based(spiel)
        plans = (Plan(), Plan())
        payoffs: dict[tuple[int, int], float] = {}
        _walk(spiel.new_initial_state(), plans, payoffs, (0, 0), 1.0)
        if simultaneous:
            for plan in plans:
                plan.states = {_as_played(name): state for name, state in plan.states.items()}
        shape = (len(plans[0].numbers), len(plans[1].numbers))
        places = tuple(zip(*payoffs, strict=True))
        return cls(plans, coo_matrix((list(payoffs.values()), places), shape=shape).tocsr())

    def best_responses(self, first: Floats, second: Floats) -> tuple[Floats, Floats]:
        """What each sequence is worth to its seat against the other seat's weights."""
        return (
            self.plans[0].respond(self.payoffs @ second),
            self.plans[1].respond(-(self.payoffs.T @ first)),
        )

    def exploitability(self, first: Floats, second: Floats) -> Floats:
        """What a policy's best opponent wins from it per game, the mean over both seats.

        ``first`` and ``second`` are the behaviour in seat 0 and 1, shape (sequences, policies).
        The result, shape (policies,), is in units of return: 0 for an equilibrium and for nothing
        else. It is half of what OpenSpiel calls NashConv.
        """
        weights = (plan.weights(b) for plan, b in zip(self.plans, (first, second), strict=True))
        one, other = self.best_responses(*weights)
        return np.asarray((one[0] + other[0]) / 2)


def _as_played(name: str) -> str:
    """The information state without the line that the turn-based form puts before it."""
    return name.removeprefix(name.split("\n", 1)[0] + "\n")


def _walk(
    state: pyspiel.State,
    plans: tuple[Plan, Plan],
    payoffs: dict[tuple[int, int], float],
    sequences: tuple[int, int],
    reach: float,
) -> None:
    if state.is_terminal():
        payoffs[sequences] = payoffs.get(sequences, 0.0) + reach * state.player_return(0)
        return
    if state.is_chance_node():
        for action, probability in state.chance_outcomes():
            _walk(state.child(action), plans, payoffs, sequences, reach * probability)
        return
    seat = state.current_player()
    plan, name, actions = plans[seat], state.information_state_string(), state.legal_actions()
    if name not in plan.states:
        numbers = [plan.numbers.setdefault((name, a), len(plan.numbers)) for a in actions]
        plan.states[name] = Node(sequences[seat], numbers, actions)
    node, other = plan.states[name], sequences[1 - seat]
    node.reach[other] = node.reach.get(other, 0.0) + reach
    for action, sequence in zip(actions, node.sequences, strict=True):
        after = (sequence, sequences[1]) if seat == 0 else (sequences[0], sequence)
        _walk(state.child(action), plans, payoffs, after, reach)
