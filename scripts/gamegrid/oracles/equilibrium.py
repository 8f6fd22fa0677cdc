"""Nash equilibria of two-player zero-sum games, by the sequence-form linear program.

Source: Koller, Megiddo, von Stengel, "Efficient computation of equilibria for extensive two-person
games" (1996). Each player's realisation plan maximises that player's payoff against a best
response.

A game may have many equilibria, and another version of the solver may find another one. The suite
therefore keeps one reference equilibrium per game in config/equilibria, written by ``gamegrid solve
GAME…``. Bots play it, and the judge measures regret against it.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyspiel

from gamegrid import games
from gamegrid.games.game import Oracle
from gamegrid.oracles.sequences import RealizationPlan, SequenceForm, TabularPolicy
from gamegrid.paths import WORKFLOW
from gamegrid.stats.arrays import Floats

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

REFERENCES = WORKFLOW / "config/equilibria"
"""One JSON file per game: its load string, its value, and the policy by information state."""
SOLVER_NOISE = 1e-9
"""The solver's rounding error; smaller differences in value are ignored."""


@dataclass(frozen=True)
class Equilibrium:
    """An equilibrium of a two-player game.

    ``value`` is seat 0's expected return; ``policy`` covers the information states of both seats.
    """

    value: float
    policy: TabularPolicy

    @property
    def name(self) -> str:
        """An identifier: ``equilibrium-`` and the beginning of ``digest``."""
        return f"equilibrium-{self.digest[:8]}"

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the policy rounded to nine decimals."""
        rounded = {
            state: [[action, round(probability, 9) + 0.0] for action, probability in choices]
            for state, choices in self.policy.items()
        }
        return hashlib.sha256(json.dumps(rounded, sort_keys=True).encode()).hexdigest()


def solve(spiel: pyspiel.Game) -> Equilibrium:
    """Solve a two-player zero-sum game; convert a simultaneous one to its turn-based form first.

    A load string always gives the same equilibrium, because the solver's version is pinned.
    """
    form = SequenceForm.of(spiel)
    first, second = form.plans
    value, first_weights = _best_plan(form.payoffs.T.tocsr(), first, second)
    _, second_weights = _best_plan(-form.payoffs, second, first)
    return Equilibrium(value, first.policy(first_weights) | second.policy(second_weights))


@cache
def solved(load_string: str) -> Equilibrium:
    """Return the reference equilibrium of a load string; compute one if no reference is stored.

    A disguise has the equilibrium of its plain game.
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
    spiel: pyspiel.Game, policy: TabularPolicy
) -> tuple[dict[str, ActionValues | None], dict[str, ActionValues | None]]:
    """Return the value of each action against ``policy``, by information state, one dict per seat.

    The value is the expected return of the seat if it takes the action and plays its best from then
    on, averaged over what the other seat and chance may have done before. Formally it is the
    counterfactual value divided by the probability that the other seat and chance reach the state.
    It is None if the other seat's policy never reaches the state, because the other seat's hand is
    then undefined. Since best play follows, the regrets of an agent's decisions add up, in
    expectation, to what the agent loses against ``policy``.
    """
    form = SequenceForm.of(spiel)
    first, second = (plan.weights(plan.behaviour(policy)) for plan in form.plans)
    best = form.best_responses(first, second)
    return (
        _worth(form.plans[0], best[0], second),
        _worth(form.plans[1], best[1], first),
    )


def best_against_random(spiel: pyspiel.Game) -> tuple[float, float]:
    """Return each seat's expected return for best play against a uniformly random opponent.

    The equilibrium cannot mark the upper end of a scale of returns: against random play it may get
    less than random play does. In Kuhn poker, seat 0 gets 1/18 with it and 1/8 at random.
    """
    form = SequenceForm.of(spiel)
    # A plan with zero weights yields the uniform policy.
    random = (plan.policy(np.zeros(len(plan.numbers))) for plan in form.plans)
    weights = (
        plan.weights(plan.behaviour(policy))
        for plan, policy in zip(form.plans, random, strict=True)
    )
    first, second = form.best_responses(*weights)
    return float(first[0]), float(second[0])


def _worth(plan: RealizationPlan, best: Floats, other: Floats) -> dict[str, ActionValues | None]:
    """Compute one player's action values from sequence values and the other's weights."""
    values: dict[str, ActionValues | None] = {}
    for name, node in plan.states.items():
        reach = sum(chance * other[sequence] for sequence, chance in node.reach.items())
        values[name] = (
            {
                action: float(best[sequence] / reach)
                for action, sequence in zip(node.actions, node.sequences, strict=True)
            }
            if reach > SOLVER_NOISE
            else None
        )
    return values


def _best_plan(
    payoffs: "csr_matrix", own: RealizationPlan, other: RealizationPlan
) -> tuple[float, np.ndarray]:
    """Maximise a player's own value against the other's best response.

    ``payoffs`` is in the player's own units, with the other's sequences as rows and own sequences
    as columns. Returns the value and the realisation plan.
    """
    # A grid whose equilibria are all on file solves nothing, and this takes half a second to load.
    from scipy.optimize import linprog
    from scipy.sparse import coo_matrix, hstack

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
    """Solve a game and write its equilibrium to ``folder``; equal policies give equal bytes.

    Raises UserError for an unknown game and ValueError for one without an equilibrium oracle.
    """
    game = games.load(name)
    if game.oracle is not Oracle.EQUILIBRIUM:
        raise ValueError(f"gamegrid cannot compute an equilibrium of {name}")
    equilibrium = solve(game.spiel)
    lines = [
        f"  {json.dumps(state)}: {json.dumps({str(a): p + 0.0 for a, p in choices})}"
        for state, choices in equilibrium.policy.items()
    ]
    head = f'"game": {json.dumps(game.load_string)},\n"value": {json.dumps(equilibrium.value)}'
    path = folder / f"{game.name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    policy = ",\n".join(lines)
    path.write_text(f'{{\n{head},\n"policy": {{\n{policy}\n}}\n}}\n', "utf-8")
    return path
