"""A Nash equilibrium of a two-player zero-sum game, by the sequence-form linear program.

Source: Koller, Megiddo, von Stengel, "Efficient computation of equilibria for extensive two-person
games" (1996). Each player's realisation plan maximises what the other's best response leaves.
"""

from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pyspiel
from scipy.optimize import linprog
from scipy.sparse import coo_matrix, csr_matrix, hstack

from gamegrid import games

Policy = dict[str, list[tuple[int, float]]]
"""Information state string to (action, probability), summing to 1."""


@dataclass(frozen=True)
class Equilibrium:
    """``value`` is seat 0's expected return; ``policy`` covers every information state."""

    value: float
    policy: Policy


@dataclass
class _Plan:
    """One player's sequences: their numbers, and each information state's place among them."""

    numbers: dict[object, int] = field(default_factory=lambda: {(): 0})
    states: dict[str, tuple[int, list[int], list[int]]] = field(default_factory=dict)
    """Information state to (parent sequence, sequences of its actions, actions)."""

    def constraints(self) -> tuple[csr_matrix, np.ndarray]:
        """The flow constraints E x = e of a realisation plan x."""
        entries = [(0, 0, 1.0)]
        for row, (parent, sequences, _) in enumerate(self.states.values(), 1):
            entries.append((row, parent, -1.0))
            entries += [(row, sequence, 1.0) for sequence in sequences]
        rows, columns, values = zip(*entries, strict=True)
        shape = (len(self.states) + 1, len(self.numbers))
        flow = coo_matrix((values, (rows, columns)), shape=shape).tocsr()
        return flow, np.eye(shape[0])[0]

    def policy(self, weights: np.ndarray) -> Policy:
        """Behaviour from realisation weights; uniform where the plan never comes."""
        found: Policy = {}
        for name, (_, sequences, actions) in self.states.items():
            total = float(sum(weights[s] for s in sequences))
            even = 1 / len(actions)
            found[name] = [
                (a, float(weights[s]) / total if total > 1e-12 else even)
                for a, s in zip(actions, sequences, strict=True)
            ]
        return found


def solve(spiel: pyspiel.Game) -> Equilibrium:
    """Solve a two-player zero-sum game (simultaneous ones through their turn-based form).

    The same load string always gives the same equilibrium: solver and pins are fixed.
    """
    simultaneous = spiel.get_type().dynamics == pyspiel.GameType.Dynamics.SIMULTANEOUS
    if simultaneous:
        spiel = pyspiel.convert_to_turn_based(spiel)
    plans = (_Plan(), _Plan())
    payoffs: dict[tuple[int, int], float] = {}
    _walk(spiel.new_initial_state(), plans, payoffs, (0, 0), 1.0)
    if simultaneous:
        for plan in plans:
            plan.states = {_as_played(name): state for name, state in plan.states.items()}
    matrix = coo_matrix(
        (list(payoffs.values()), tuple(zip(*payoffs, strict=True))),
        shape=(len(plans[0].numbers), len(plans[1].numbers)),
    ).tocsr()
    value, first = _best_plan(matrix.T.tocsr(), plans[0], plans[1])
    _, second = _best_plan(-matrix, plans[1], plans[0])
    return Equilibrium(value, plans[0].policy(first) | plans[1].policy(second))


@cache
def solved(load_string: str) -> Equilibrium:
    """The equilibrium of a load string, computed once per process."""
    return solve(games.load(load_string).spiel)


def _as_played(name: str) -> str:
    """The information state without the line that the turn-based form puts before it."""
    return name.removeprefix(name.split("\n", 1)[0] + "\n")


def _walk(
    state: pyspiel.State,
    plans: tuple[_Plan, _Plan],
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
        plan.states[name] = (sequences[seat], numbers, actions)
    for action, sequence in zip(actions, plan.states[name][1], strict=True):
        after = (sequence, sequences[1]) if seat == 0 else (sequences[0], sequence)
        _walk(state.child(action), plans, payoffs, after, reach)


def _best_plan(payoffs: csr_matrix, own: _Plan, other: _Plan) -> tuple[float, np.ndarray]:
    """Maximise the own value against the other's best response.

    ``payoffs`` has the other's sequences as rows and the own ones as columns, in own units.
    """
    flow, start = own.constraints()
    other_flow, other_start = other.constraints()
    n, m = len(own.numbers), other_flow.shape[0]
    result = linprog(
        np.r_[np.zeros(n), -other_start],
        A_ub=hstack([-payoffs, other_flow.T]).tocsr(),
        b_ub=np.zeros(len(other.numbers)),
        A_eq=hstack([flow, coo_matrix((flow.shape[0], m))]).tocsr(),
        b_eq=start,
        bounds=[(0, None)] * n + [(None, None)] * m,
        method="highs",
    )
    if not result.success:
        raise RuntimeError(f"the linear program has no solution: {result.message}")
    return float(-result.fun), np.maximum(result.x[:n], 0.0)
