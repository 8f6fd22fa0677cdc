"""Cases in which the power that ``estimate`` promises is compared with games that were played.

The nightly test plays a part of them, ``python -m bench stats`` all of them.
"""

import tempfile
from collections import defaultdict
from contextlib import chdir
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from gamegrid.analysis.exact_variation import exact_variations
from gamegrid.analysis.references import expectations, policy_of
from gamegrid.jobs.workflow import rows
from gamegrid.plan import plan
from gamegrid.plan.plan import Plan
from gamegrid.play.chunk import Job, play_chunk
from gamegrid.records import duckdb_files
from gamegrid.stats.observations import Observations
from gamegrid.stats.power import Design, deals_needed, power_of
from gamegrid.store.comparisons import comparisons
from gamegrid.store.database import create_empty, read_episodes
from gamegrid.store.pilot import pilots
from gamegrid.store.values import CellValues, read_cells

PILOT = 1000
"""Deals that bots play to find a standard deviation, where it is not exact."""


@dataclass(frozen=True)
class Case:
    """A grid of bots with known policies, of which the first two are compared."""

    game: str
    agents: tuple[dict[str, Any], ...]

    @property
    def name(self) -> str:
        described = [" ".join(str(value) for value in agent.values()) for agent in self.agents]
        return f"{self.game}: {', '.join(described)}"


def noisy(epsilon: float) -> dict[str, Any]:
    return {"type": "noisy_optimal", "epsilon": epsilon}


RANDOM = {"type": "random"}
OPTIMAL = {"type": "optimal"}
CASES = (
    Case("tic_tac_toe", (noisy(0.4), noisy(0.7))),
    Case("tic_tac_toe", (noisy(0.5), noisy(0.7), RANDOM)),
    Case("nim", (noisy(0.3), noisy(0.6))),
    Case("kuhn_poker", (OPTIMAL, RANDOM)),
    Case("kuhn_poker", (OPTIMAL, RANDOM, noisy(0.5))),
)


@dataclass(frozen=True)
class Power:
    """What was promised for a case and what was found."""

    deals: int
    promised: float
    found: float


def power(case: Case, samples: int, seed: int) -> Power:
    """Return how often ``paired`` finds the true difference, at the deals that it takes.

    Difference and standard deviation are exact, as ``estimate`` computes them before anything is
    played. One long grid is played and cut into ``samples`` grids. A difference is found if its
    interval excludes 0.
    """
    agents = dict(zip("abc", case.agents, strict=False))
    raw = {"seed": seed, "games": [case.game], "agents": agents, "deals": 1}
    with tempfile.TemporaryDirectory() as name, chdir(name):
        made = plan.make(raw, Path(name))
        difference, sd = _difference(made), _sd(made, raw)
        deals = deals_needed(difference, sd)
        played = _cells(raw | {"deals": deals * samples}, Path(name))
    parts = [_row(_cut(played, start, start + deals)) for start in _starts(deals, samples)]
    found = [row["low"] > 0 or row["high"] < 0 for row in parts]
    return Power(deals=deals, promised=power_of(difference, deals, sd), found=float(np.mean(found)))


def _starts(deals: int, samples: int) -> range:
    return range(0, deals * samples, deals)


def _sd(made: Plan, raw: dict[str, Any]) -> float:
    """Return the standard deviation of a deal's difference of the agents a and b.

    Against each other it is exact. With opponents it comes from PILOT deals of another seed.
    """
    [game] = made.grid.games
    if len(made.config.agents) == 2:
        policies = {name: policy_of(made, name, game) for name in made.config.agents}
        found = exact_variations(game, policies, made.opening_plies(game), made.max_plies(game))
        return found["a", "b"] ** 0.5
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pilot = pilots(rows(made), _files({**raw, "seed": 99, "deals": PILOT}, folder))
    [variation] = [each.variation for each in pilot if each.agents == {"a", "b"}]
    return variation.sd(Design(met=1, apart=len(made.config.agents) - 2))


def _difference(made: Plan) -> float:
    """Return the expected difference of a and b, over their opponents and both seats."""
    expected = defaultdict[str, list[float]](list)
    for cell in made.grid.cells:
        policies = {name: policy_of(made, name, cell.game) for name in cell.matchup.agents}
        for each in expectations(made, cell, policies):
            expected[each.agent].append(each.result * each.chance)
    # Each agent has as many seats as its rivals.
    seats = 2 * (len(made.config.agents) - 1)
    return (sum(expected["a"]) - sum(expected["b"])) / seats


def _cells(raw: dict[str, Any], folder: Path) -> list[CellValues]:
    """Play a grid, and read what each agent got in each matchup."""
    files = _files(raw, folder)
    with read_episodes(rows(plan.make(raw, folder)), files) as connection:
        return read_cells(connection)


def _files(raw: dict[str, Any], folder: Path) -> list[Path]:
    """Play a grid as its jobs would, and return the chunk files."""
    files = list[Path]()
    for chunk in plan.make(raw, folder).chunks:
        game, matchup, block = chunk.path.split("/")
        files.append(folder / f"{chunk.path}.parquet")
        play_chunk(
            Job(
                config=raw, game=game, matchup=matchup, block=block, threads=1,
                results=folder / "results", output=files[-1],
            )
        )  # fmt: skip
    return files


def _cut(cells: list[CellValues], start: int, stop: int) -> list[CellValues]:
    """Return the cells of a grid that has only these deals."""
    return [
        replace(
            cell,
            observations=Observations(
                luck=cell.observations.luck,
                deals=cell.observations.deals[start:stop],
                values=cell.observations.values[start:stop],
            ),
        )
        for cell in cells
    ]


def _row(cells: list[CellValues]) -> dict[str, Any]:
    """Return the row of the agents a and b in ``paired``."""
    [game] = {cell.game for cell in cells}
    names = sorted({cell.agent for cell in cells})
    everybody = [(game, one, other) for one in names for other in names if one != other]
    found = [dict(zip(_columns(), row, strict=True)) for row in comparisons(cells, everybody)]
    [row] = [row for row in found if (row["game"], row["agent"], row["rival"]) == (game, "a", "b")]
    return row


@cache
def _columns() -> list[str]:
    with duckdb_files.connect() as connection:
        create_empty(connection)
        return [name for name, *_ in connection.execute("DESCRIBE comparisons").fetchall()]
