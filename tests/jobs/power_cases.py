"""Cases in which the power that ``estimate`` promises is compared with games that were played.

The nightly test plays a part of them, ``python -m bench stats`` all of them.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from gamegrid.analysis.exact_variation import exact_variations
from gamegrid.analysis.references import policy_of
from gamegrid.jobs.resolution import Resolution, Source
from gamegrid.jobs.workflow import rows
from gamegrid.plan.plan import Plan
from gamegrid.records import duckdb_files
from gamegrid.stats.power import Design, deals_needed, power_of
from gamegrid.store.comparisons import compare_pairs, rows_of
from gamegrid.store.database import create_empty
from gamegrid.store.pilot import pilots
from gamegrid.store.values import TableRow
from played_coverage import Grid, exact, play, within

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
    difference is found if its p is 0.05 or less.
    """
    [name] = grid.games
    pair = (name, "a", "b")
    with play(grid, PILOT, seed + 1) as pilot:
        difference = exact(pilot.made)["pairs"][pair]
        files = [path for paths in pilot.blocks.values() for path in paths]
        sd = _sd(pilot.made, files)
        [game] = pilot.made.grid.games
    known = Resolution(
        game=game, deals=PILOT, sds=(sd,), source=Source.EXACT, matchups=len(grid.agents) - 1
    )
    deals = deals_needed(difference, sd, limit=known.limit)
    spans = {game.name: known.span}
    with play(grid, deals * samples, seed) as played:
        parts = [
            [within(cell, start, deals) for cell in played.cells]
            for start in range(0, deals * samples, deals)
        ]
        found = [
            float(row["p"]) <= 0.05
            for part in parts
            for row in _rows(rows_of(compare_pairs(part, played.comparable, spans)))
            if (row["game"], row["agent"], row["rival"]) == pair
        ]
    promised = power_of(difference, deals, sd, limit=known.limit)
    return Power(deals=deals, promised=promised, found=sum(found) / samples)


def _rows(found: list[TableRow]) -> list[dict[str, Any]]:
    """Return rows of ``comparisons`` by the names of its columns."""
    return [dict(zip(_columns(), row, strict=True)) for row in found]


@cache
def _columns() -> list[str]:
    with duckdb_files.connect() as connection:
        create_empty(connection)
        return [name for name, *_ in connection.execute("DESCRIBE comparisons").fetchall()]


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
