"""A Nash equilibrium of a two-player zero-sum game, by the sequence-form linear program.

Source: Koller, Megiddo, von Stengel, "Efficient computation of equilibria for extensive two-person
games" (1996). Each player's realisation plan maximises what the other's best response leaves.

A game has many equilibria, and which one the program finds may change with the solver's version.
So there is one reference per game of the suite, kept in config/equilibria: made by
``python -m gamegrid.oracles.equilibrium GAME…``, and the one that bots play and judges refer to.
"""

import argparse
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import pyspiel
from scipy.optimize import linprog
from scipy.sparse import coo_matrix, csr_matrix, hstack

from gamegrid import games
from gamegrid.games.base import Oracle
from gamegrid.paths import WORKFLOW

REFERENCES = WORKFLOW / "config/equilibria"
"""One JSON file per game: its load string, its value, and the policy by information state."""
NOISE = 1e-9
"""Differences of value below this are the solver's rounding."""

Policy = dict[str, list[tuple[int, float]]]
"""Information state string to (action, probability), summing to 1."""


@dataclass(frozen=True)
class Equilibrium:
    """``value`` is seat 0's expected return; ``policy`` covers every information state."""

    value: float
    policy: Policy

    @cached_property
    def name(self) -> str:
        """Which equilibrium it is: ``equilibrium-`` and a hash of the policy to nine decimals."""
        rounded = {
            state: [[action, round(probability, 9) + 0.0] for action, probability in choices]
            for state, choices in self.policy.items()
        }
        digest = hashlib.sha256(json.dumps(rounded, sort_keys=True).encode()).hexdigest()
        return f"equilibrium-{digest[:8]}"


@dataclass
class _Node:
    """An information state among one player's sequences, and what the others brought to it."""

    parent: int
    """The own sequence that leads there."""
    sequences: list[int]
    """Those of its actions."""
    actions: list[int]
    reach: dict[int, float] = field(default_factory=dict)
    """The probability of the chance events before it, by the other player's sequence."""


@dataclass
class _Plan:
    """One player's sequences: their numbers, and each information state's place among them."""

    numbers: dict[object, int] = field(default_factory=lambda: {(): 0})
    states: dict[str, _Node] = field(default_factory=dict)

    def constraints(self) -> tuple[csr_matrix, np.ndarray]:
        """The flow constraints E x = e of a realisation plan x."""
        entries = [(0, 0, 1.0)]
        for row, node in enumerate(self.states.values(), 1):
            entries.append((row, node.parent, -1.0))
            entries += [(row, sequence, 1.0) for sequence in node.sequences]
        rows, columns, values = zip(*entries, strict=True)
        shape = (len(self.states) + 1, len(self.numbers))
        flow = coo_matrix((values, (rows, columns)), shape=shape).tocsr()
        return flow, np.eye(shape[0])[0]

    def policy(self, weights: np.ndarray) -> Policy:
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

    def weights(self, policy: Policy) -> np.ndarray:
        """Realisation weights from behaviour: the own part in the probability of each sequence."""
        found = np.zeros(len(self.numbers))
        found[0] = 1.0
        # A state comes after those before it, so its parent's weight is known.
        for name, node in self.states.items():
            for (_, probability), sequence in zip(policy[name], node.sequences, strict=True):
                found[sequence] = found[node.parent] * probability
        return found


def solve(spiel: pyspiel.Game) -> Equilibrium:
    """Solve a two-player zero-sum game (simultaneous ones through their turn-based form).

    The same load string always gives the same equilibrium: solver and pins are fixed.
    """
    plans, payoffs = _sequences(spiel)
    value, first = _best_plan(payoffs.T.tocsr(), plans[0], plans[1])
    _, second = _best_plan(-payoffs, plans[1], plans[0])
    return Equilibrium(value, plans[0].policy(first) | plans[1].policy(second))


@cache
def solved(load_string: str) -> Equilibrium:
    """The reference equilibrium of a load string or, where there is none, one computed now.

    A disguise has that of its plain game.
    """
    plain = games.load(games.load(load_string).luck_name)
    path = REFERENCES / f"{plain.name}.json"
    if not path.exists():
        return solve(plain.spiel)
    kept = json.loads(path.read_text("utf-8"))
    return Equilibrium(
        value=kept["value"],
        policy={
            state: [(int(action), probability) for action, probability in choices.items()]
            for state, choices in kept["policy"].items()
        },
    )


ActionValues = Mapping[int, float]


def action_values(
    spiel: pyspiel.Game, policy: Policy
) -> tuple[dict[str, ActionValues | None], dict[str, ActionValues | None]]:
    """What each action is worth against ``policy``, by seat and information state.

    The expected return of the seat that takes the action there and plays its best from then on,
    over what the other seat and chance may have brought: counterfactual, divided by the
    probability with which they bring it. None where the other never lets it come to that: nothing
    is known of what it would hold. With best play from then on, the regrets of an agent's
    decisions add up, in the mean, to what it loses against ``policy``.
    """
    plans, payoffs = _sequences(spiel)
    weights = [plan.weights(policy) for plan in plans]
    gains = (payoffs @ weights[1], -(payoffs.T @ weights[0]))
    first, second = (
        _worth(plan, gain, weight)
        for plan, gain, weight in zip(plans, gains, reversed(weights), strict=True)
    )
    return first, second


def best_against_random(spiel: pyspiel.Game) -> tuple[float, float]:
    """By seat, the expected return of best play against a seat that moves at random."""
    plans, payoffs = _sequences(spiel)
    first, second = (
        plan.weights({name: _alike(node.actions) for name, node in plan.states.items()})
        for plan in plans
    )
    return (
        _follow(plans[0], payoffs @ second)[0],
        _follow(plans[1], -(payoffs.T @ first))[0],
    )


def _alike(actions: list[int]) -> list[tuple[int, float]]:
    """All actions, equally likely."""
    return [(action, 1 / len(actions)) for action in actions]


def _follow(plan: _Plan, gains: np.ndarray) -> tuple[float, dict[str, np.ndarray]]:
    """What best play from the start is worth, and from each action of each information state.

    ``gains``: what ends at each own sequence. Values are not yet divided by how likely chance and
    the other make them.
    """
    best = np.array(gains, dtype=float)
    found = {}
    for name, node in reversed(plan.states.items()):  # what comes later is worth something first
        found[name] = best[node.sequences]
        best[node.parent] += found[name].max()
    return float(best[0]), found


def _worth(plan: _Plan, gains: np.ndarray, other: np.ndarray) -> dict[str, ActionValues | None]:
    """Action values of one player, from what ends at each own sequence and the other's weights."""
    found: dict[str, ActionValues | None] = {}
    for name, values in _follow(plan, gains)[1].items():
        node = plan.states[name]
        reach = sum(chance * other[sequence] for sequence, chance in node.reach.items())
        found[name] = (
            {a: float(v / reach) for a, v in zip(node.actions, values, strict=True)}
            if reach > NOISE
            else None
        )
    return found


def _sequences(spiel: pyspiel.Game) -> tuple[tuple[_Plan, _Plan], csr_matrix]:
    """The sequence form: both plans, and seat 0's payoffs by their sequences."""
    simultaneous = spiel.get_type().dynamics == pyspiel.GameType.Dynamics.SIMULTANEOUS
    if simultaneous:
        spiel = pyspiel.convert_to_turn_based(spiel)
    plans = (_Plan(), _Plan())
    payoffs: dict[tuple[int, int], float] = {}
    _walk(spiel.new_initial_state(), plans, payoffs, (0, 0), 1.0)
    if simultaneous:
        for plan in plans:
            plan.states = {_as_played(name): state for name, state in plan.states.items()}
    shape = (len(plans[0].numbers), len(plans[1].numbers))
    places = tuple(zip(*payoffs, strict=True))
    return plans, coo_matrix((list(payoffs.values()), places), shape=shape).tocsr()


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
        plan.states[name] = _Node(sequences[seat], numbers, actions)
    node, other = plan.states[name], sequences[1 - seat]
    node.reach[other] = node.reach.get(other, 0.0) + reach
    for action, sequence in zip(actions, node.sequences, strict=True):
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


def write_reference(name: str, folder: Path) -> Path:
    """Solve a game and write its equilibrium to ``folder``, the same bytes for the same policy.

    Raises UserError for a game that is unknown, ValueError for one without an equilibrium.
    """
    game = games.load(name)
    if game.oracle is not Oracle.EQUILIBRIUM:
        raise ValueError(f"{name} is no game whose equilibrium is computed")
    found = solve(game.spiel)
    lines = [
        f"  {json.dumps(state)}: {json.dumps({str(a): p + 0.0 for a, p in choices})}"
        for state, choices in found.policy.items()
    ]
    head = f'"game": {json.dumps(game.load_string)},\n"value": {json.dumps(found.value)}'
    path = folder / f"{game.name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    policy = ",\n".join(lines)
    path.write_text(f'{{\n{head},\n"policy": {{\n{policy}\n}}\n}}\n', "utf-8")
    return path


def main() -> None:
    """Write the reference equilibrium of each game named."""
    parser = argparse.ArgumentParser(prog="python -m gamegrid.oracles.equilibrium")
    parser.add_argument("games", nargs="+", metavar="GAME")
    for name in parser.parse_args().games:
        print(write_reference(name, REFERENCES))


if __name__ == "__main__":
    main()
