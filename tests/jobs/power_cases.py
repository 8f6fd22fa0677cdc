"""Cases in which the power that ``estimate`` promises is compared with games that were played.

The nightly test plays a part of them, ``python -m bench stats`` all of them.
"""

import tempfile
from contextlib import chdir
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from gamegrid.analysis.exact_variation import exact_variations
from gamegrid.analysis.references import policy_of
from gamegrid.jobs.workflow import rows
from gamegrid.plan import plan
from gamegrid.play.chunk import Job, play_chunk
from gamegrid.records import duckdb_files
from gamegrid.stats.observations import Observations
from gamegrid.stats.power import deals_needed, power_of
from gamegrid.store.comparisons import comparisons
from gamegrid.store.database import create_empty, read_episodes
from gamegrid.store.values import CellValues, read_cells

PILOT = 1000
"""Deals that tell roughly how large the difference is, to choose the number of deals."""


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
    Case("kuhn_poker", (noisy(0.5), RANDOM, OPTIMAL)),
)


@dataclass(frozen=True)
class Power:
    """What was promised for a case and what was found."""

    deals: int
    promised: float
    found: float


def power(case: Case, samples: int, seed: int) -> Power:
    """Return how often the table ``paired`` finds the true difference, at the deals that it takes.

    The standard deviation is the one that ``estimate`` computes before anything is played. One long
    grid is played and cut into ``samples`` grids. The true difference is the mean of all its deals.
    """
    agents = dict(zip("abc", case.agents, strict=False))
    raw = {"seed": seed, "games": [case.game], "agents": agents, "deals": 1}
    with tempfile.TemporaryDirectory() as name, chdir(name):
        folder = Path(name)
        sd = _sd(raw, folder)
        difference = _row(_cells(raw | {"deals": PILOT}, folder / "pilot"))["difference"]
        deals = deals_needed(difference, sd)
        played = _cells(raw | {"deals": deals * samples}, folder / "long")
        difference = _row(played)["difference"]
        found = [_row(_cut(played, start, start + deals))["p"] for start in _starts(deals, samples)]
    return Power(
        deals=deals,
        promised=power_of(difference, deals, sd),
        found=float(np.mean(np.array(found) <= 0.05)),
    )


def _starts(deals: int, samples: int) -> range:
    return range(0, deals * samples, deals)


def _sd(raw: dict[str, Any], folder: Path) -> float:
    """Return the standard deviation of a deal's difference of the agents a and b."""
    made = plan.make(raw, folder)
    [game] = made.grid.games
    policies = {name: policy_of(made, name, game) for name in raw["agents"]}
    found = exact_variations(game, policies, made.opening_plies(game), made.max_plies(game))
    return found["a", "b"].sd(len(policies) - 1)


def _cells(raw: dict[str, Any], folder: Path) -> list[CellValues]:
    """Play a grid as its jobs would, and read what each agent got in each matchup."""
    made, files = plan.make(raw, folder), list[Path]()
    for chunk in made.chunks:
        game, matchup, block = chunk.path.split("/")
        files.append(folder / f"{chunk.path}.parquet")
        play_chunk(
            Job(
                config=raw, game=game, matchup=matchup, block=block, threads=1,
                results=folder / "results", output=files[-1],
            )
        )  # fmt: skip
    with read_episodes(rows(made), files) as connection:
        return read_cells(connection)


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
