"""A Nash equilibrium of a two-player zero-sum game, by the sequence-form linear program.

Source: Koller, Megiddo, von Stengel, "Efficient computation of equilibria for extensive two-person
games" (1996). Each player's realisation plan maximises what the other's best response leaves.

A game has many equilibria, and which one the program finds may change with the solver's version.
So there is one reference per game of the suite, kept in config/equilibria: made by
``gamegrid solve GAME…``, and the one that bots play and judges refer to.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import pyspiel
from scipy.optimize import linprog
from scipy.sparse import coo_matrix, csr_matrix, hstack

from gamegrid import games
from gamegrid.games.game import Oracle
from gamegrid.oracles.sequences import Floats, Plan, Policy, SequenceForm
from gamegrid.paths import WORKFLOW

REFERENCES = WORKFLOW / "config/equilibria"
"""One JSON file per game: its load string, its value, and the policy by information state."""
NOISE = 1e-9
"""Differences of value below this are the solver's rounding."""


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


def solve(spiel: pyspiel.Game) -> Equilibrium:
    """Solve a two-player zero-sum game (simultaneous ones through their turn-based form).

    The same load string always gives the same equilibrium: solver and pins are fixed.
    """
    form = SequenceForm.of(spiel)
    one, other = form.plans
    value, first = _best_plan(form.payoffs.T.tocsr(), one, other)
    _, second = _best_plan(-form.payoffs, other, one)
    return Equilibrium(value, one.policy(first) | other.policy(second))


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
    form = SequenceForm.of(spiel)
    first, second = (plan.weights(plan.behaviour(policy)) for plan in form.plans)
    best = form.best_responses(first, second)
    return (
        _worth(form.plans[0], best[0], second),
        _worth(form.plans[1], best[1], first),
    )


def best_against_random(spiel: pyspiel.Game) -> tuple[float, float]:
    """By seat, the expected return of best play against a seat that moves at random.

    The equilibrium cannot mark the upper end of a scale of returns: against random play it may get
    less than random play does. In Kuhn poker, seat 0 gets 1/18 with it and 1/8 at random.
    """
    form = SequenceForm.of(spiel)
    # A plan that goes nowhere leaves every action equally likely.
    random = (plan.policy(np.zeros(len(plan.numbers))) for plan in form.plans)
    weights = (
        plan.weights(plan.behaviour(policy))
        for plan, policy in zip(form.plans, random, strict=True)
    )
    first, second = form.best_responses(*weights)
    return float(first[0]), float(second[0])


def _worth(plan: Plan, best: Floats, other: Floats) -> dict[str, ActionValues | None]:
    """Action values of one player, from what each own sequence is worth and the other's weights."""
    found: dict[str, ActionValues | None] = {}
    for name, node in plan.states.items():
        reach = sum(chance * other[sequence] for sequence, chance in node.reach.items())
        found[name] = (
            {
                action: float(best[sequence] / reach)
                for action, sequence in zip(node.actions, node.sequences, strict=True)
            }
            if reach > NOISE
            else None
        )
    return found


def _best_plan(payoffs: csr_matrix, own: Plan, other: Plan) -> tuple[float, np.ndarray]:
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
