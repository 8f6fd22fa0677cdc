"""Read what episodes on file say about how differences between agents vary from deal to deal."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import numpy as np

from gamegrid.stats.power import Variation
from gamegrid.store.comparisons import paired_cells
from gamegrid.store.database import read_episodes
from gamegrid.store.grid_rows import Rows
from gamegrid.store.values import CellValues, read_cells

LEAST_DEALS = 10
"""With fewer deals, a standard deviation is too uncertain to plan with: at 10, its standard error
is about a quarter of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pilot:
    """How the differences of one pair of agents in one game vary."""

    load_string: str
    agents: frozenset[str]
    deals: int
    variation: Variation


def pilots(rows: Rows, chunks: Sequence[Path]) -> list[Pilot]:
    """Return every pair that the table ``paired`` compares in a game, with LEAST_DEALS or more.

    ``rows`` are those of the grid that the ``chunks`` belong to. Raises UserError for a damaged
    file.
    """
    if not chunks:
        return []
    with read_episodes(rows, chunks) as connection:
        cells = read_cells(connection)
        comparable = connection.execute(
            "SELECT game, agent, rival FROM comparable WHERE agent < rival ORDER BY ALL"
        ).fetchall()
    played = defaultdict[tuple[str, str], list[CellValues]](list)
    for cell in cells:
        if len(cell.observations):
            played[cell.game, cell.agent].append(cell)
    names = {row.game: row.load_string for row in rows.games}
    found = (
        _pilot(names[game], played[game, agent], played[game, rival])
        for game, agent, rival in comparable
    )
    return [pilot for pilot in found if pilot.deals >= LEAST_DEALS]


def _pilot(load_string: str, mine: Sequence[CellValues], theirs: Sequence[CellValues]) -> Pilot:
    cells = paired_cells(mine, theirs)
    pairs = [(one.observations, two.observations) for one, two in cells]
    deals = reduce(np.intersect1d, [side.deals for pair in pairs for side in pair])
    differences = np.array([one.at(deals) - two.at(deals) for one, two in pairs])
    known = len(deals) >= LEAST_DEALS
    covariances = np.atleast_2d(np.cov(differences)) if known else np.eye(len(pairs))
    rival = theirs[0].agent
    return Pilot(
        load_string=load_string,
        agents=frozenset({mine[0].agent, rival}),
        deals=len(deals),
        variation=Variation.of(covariances, np.array([rival in one.others for one, _ in cells])),
    )
