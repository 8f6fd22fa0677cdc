"""The sequence form of a two-player zero-sum game, and best responses in it.

Source: Koller, Megiddo, von Stengel, "Efficient computation of equilibria for extensive two-person
games" (1996). A sequence is the list of one player's actions so far; number 0 is the empty
sequence. Arrays of behaviour and weights have one row per sequence; with many policies at once, one
column per policy.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyspiel

from gamegrid.stats.arrays import Floats

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

TabularPolicy = dict[str, list[tuple[int, float]]]
"""Maps an information state string to (action, probability) pairs; probabilities sum to 1."""


@dataclass
class Node:
    """An information state of one player."""

    parent: int
    """The player's own sequence that leads to the state."""
    sequences: list[int]
    """The sequences that end in each of the state's actions."""
    actions: list[int]
    reach: dict[int, float] = field(default_factory=dict)
    """The probability of the preceding chance events, by the other player's sequence."""


@dataclass
class RealizationPlan:
    """One player's sequences, numbered, and that player's information states.

    A state comes after all states that precede it in play.
    """

    numbers: dict[object, int] = field(default_factory=lambda: {(): 0})
    states: dict[str, Node] = field(default_factory=dict)

    def constraints(self) -> tuple["csr_matrix", Floats]:
        """Return the flow constraints E x = e on a realisation plan x, as (E, e).

        E has shape (states + 1, sequences); e has shape (states + 1,).
        """
        from scipy.sparse import coo_matrix

        entries = [(0, 0, 1.0)]
        for row, node in enumerate(self.states.values(), 1):
            entries.append((row, node.parent, -1.0))
            entries += [(row, sequence, 1.0) for sequence in node.sequences]
        rows, columns, values = zip(*entries, strict=True)
        shape = (len(self.states) + 1, len(self.numbers))
        flow = coo_matrix((values, (rows, columns)), shape=shape).tocsr()
        return flow, np.eye(shape[0])[0]

    def policy(self, weights: Floats) -> TabularPolicy:
        """Convert realisation weights to a policy; uniform in states the plan never reaches."""
        policy: TabularPolicy = {}
        for name, node in self.states.items():
            total = float(sum(weights[s] for s in node.sequences))
            even = 1 / len(node.actions)
            policy[name] = [
                (a, float(weights[s]) / total if total > 1e-12 else even)
                for a, s in zip(node.actions, node.sequences, strict=True)
            ]
        return policy

    def behaviour(self, policy: TabularPolicy) -> Floats:
        """Return the probability of each sequence's last action. Shape (sequences,)."""
        behaviour = np.ones(len(self.numbers))
        for name, node in self.states.items():
            behaviour[node.sequences] = [probability for _, probability in policy[name]]
        return behaviour

    def weights(self, behaviour: Floats) -> Floats:
        """Return realisation weights: the player's own share in each sequence's probability."""
        weights = np.array(behaviour, dtype=np.float64)
        for node in self.states.values():
            weights[node.sequences] *= weights[node.parent]
        return weights

    def respond(self, gains: Floats) -> Floats:
        """Return the value of each sequence if the player plays optimally from then on.

        ``gains``: for each sequence, the value of the games that end with it.
        """
        best = np.array(gains, dtype=np.float64)
        for node in reversed(self.states.values()):  # values of later states come first
            best[node.parent] += best[node.sequences].max(axis=0)
        return best


@dataclass(frozen=True)
class SequenceForm:
    """Both players' plans, and seat 0's payoffs by pair of sequences."""

    plans: tuple[RealizationPlan, RealizationPlan]
    payoffs: "csr_matrix"

    @classmethod
    def of(cls, spiel: pyspiel.Game) -> "SequenceForm":
        """Build the form by walking the game tree; a simultaneous game becomes turn-based first."""
        from scipy.sparse import coo_matrix

        simultaneous = spiel.get_type().dynamics == pyspiel.GameType.Dynamics.SIMULTANEOUS
        if simultaneous:
            spiel = pyspiel.convert_to_turn_based(spiel)
        plans = (RealizationPlan(), RealizationPlan())
        payoffs: dict[tuple[int, int], float] = {}
        _walk(spiel.new_initial_state(), plans, payoffs, (0, 0), 1.0)
        if simultaneous:
            for plan in plans:
                plan.states = {_as_played(name): state for name, state in plan.states.items()}
        shape = (len(plans[0].numbers), len(plans[1].numbers))
        places = tuple(zip(*payoffs, strict=True))
        return cls(plans, coo_matrix((list(payoffs.values()), places), shape=shape).tocsr())

    def best_responses(self, first: Floats, second: Floats) -> tuple[Floats, Floats]:
        """Return each seat's value of every sequence against the other seat's weights."""
        return (
            self.plans[0].respond(self.payoffs @ second),
            self.plans[1].respond(-(self.payoffs.T @ first)),
        )

    def exploitability(self, first: Floats, second: Floats) -> Floats:
        """Return what a best-responding opponent wins per game, averaged over both seats.

        ``first`` and ``second`` are the policies' behaviour in seats 0 and 1, each of shape
        (sequences, policies). The result has shape (policies,) and is in units of return. It is 0
        for an equilibrium only, and half of what OpenSpiel calls NashConv.
        """
        weights = (plan.weights(b) for plan, b in zip(self.plans, (first, second), strict=True))
        first_values, second_values = self.best_responses(*weights)
        return np.asarray((first_values[0] + second_values[0]) / 2)


def _as_played(name: str) -> str:
    """Remove the line that OpenSpiel's turn-based form puts before an information state."""
    return name.removeprefix(name.split("\n", 1)[0] + "\n")


def _walk(
    state: pyspiel.State,
    plans: tuple[RealizationPlan, RealizationPlan],
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
