"""Cases in which the power that ``estimate`` promises is compared with games that were played.

The nightly test plays a part of them, ``python -m bench stats`` all of them.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gamegrid.analysis.exact_variation import exact_variations
from gamegrid.analysis.references import policy_of
from gamegrid.jobs.workflow import rows
from gamegrid.plan.plan import Plan
from gamegrid.stats.power import Design, deals_needed, power_of
from gamegrid.store.pilot import pilots
from played_coverage import Grid, answers, exact, play, within

PILOT = 1000
"""Deals that bots play to find a standard deviation, where it is not exact."""


def case(game: str, *agents: dict[str, Any]) -> Grid:
    """Return a grid of bots with known policies, of which the first two are compared."""
    described = [" ".join(str(value) for value in agent.values()) for agent in agents]
    named = dict(zip("abc", agents, strict=False))
    return Grid(f"{game}: {', '.join(described)}", (game,), named)


def noisy(epsilon: float) -> dict[str, Any]:
    return {"type": "noisy_optimal", "epsilon": epsilon}


RANDOM = {"type": "random"}
OPTIMAL = {"type": "optimal"}
CASES = (
    case("tic_tac_toe", noisy(0.4), noisy(0.7)),
    case("tic_tac_toe", noisy(0.5), noisy(0.7), RANDOM),
    case("nim", noisy(0.3), noisy(0.6)),
    case("kuhn_poker", OPTIMAL, RANDOM),
    case("kuhn_poker", OPTIMAL, RANDOM, noisy(0.5)),
)


@dataclass(frozen=True)
class Power:
    """What was promised for a case and what was found."""

    deals: int
    promised: float
    found: float


def power(grid: Grid, samples: int, seed: int) -> Power:
    """Return how often ``paired`` finds the true difference, at the deals that it takes.

    The true difference is exact, and so is the standard deviation if two agents meet; else it comes
    from PILOT deals of another seed. One long grid is played and cut into ``samples`` grids. A
    difference is found if its interval excludes 0.
    """
    [game] = grid.games
    pair = (game, "a", "b")
    with play(grid, PILOT, seed + 1) as pilot:
        difference = exact(pilot.made)["pairs"][pair]
        files = [path for paths in pilot.blocks.values() for path in paths]
        sd = _sd(pilot.made, files)
    deals = deals_needed(difference, sd)
    with play(grid, deals * samples, seed) as played:
        found = [
            low > 0 or high < 0
            for start in range(0, deals * samples, deals)
            for question, key, low, high in answers(
                [within(cell, start, deals) for cell in played.cells], played.comparable
            )
            if (question, key) == ("pairs", pair) and low is not None and high is not None
        ]
    return Power(deals=deals, promised=power_of(difference, deals, sd), found=sum(found) / samples)


def _sd(made: Plan, files: list[Path]) -> float:
    """Return the standard deviation of a deal's difference of the agents a and b."""
    [game] = made.grid.games
    if len(made.config.agents) == 2:
        policies = {name: policy_of(made, name, game) for name in made.config.agents}
        found = exact_variations(game, policies, made.opening_plies(game), made.max_plies(game))
        return found["a", "b"] ** 0.5
    [variation] = [
        pilot.variation for pilot in pilots(rows(made), files) if pilot.agents == {"a", "b"}
    ]
    return variation.sd(Design(met=1, apart=len(made.config.agents) - 2))
