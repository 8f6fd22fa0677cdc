"""How many deals each job holds, so that Snakemake can plan grids of any size."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from gamegrid.config.types import GridConfig
from gamegrid.plan.deals import deals_of
from gamegrid.plan.grid import Cell, Grid
from gamegrid.plan.job_needs import JobNeeds

FEW_JOBS = 2000
"""Jobs that play episodes, beyond which the default size of blocks doubles."""


@dataclass(frozen=True, slots=True)
class BlockSizes:
    """The deals in a full block of each cell, and the number of jobs that these make."""

    of: Callable[[Cell], int]
    jobs: int


def block_sizes(config: GridConfig, grid: Grid, needs: JobNeeds) -> BlockSizes:
    """Return the sizes: as configured, or as suits the cells' backends and the size of the grid.

    In a grid that would have more than ``FEW_JOBS`` jobs, the blocks of all cells are doubled until
    it has no more, or until each cell is one job. Blocks of the larger size are thus made of whole
    blocks of the smaller one.
    """
    sizes = {cell.matchup: needs.deals(cell) for cell in grid.one_per_matchup}
    deals = {game: deals_of(config, game) for game in grid.games}
    alike = Counter((sizes[cell.matchup], deals[cell.game]) for cell in grid.cells)
    times = 1
    if not config.chunk:
        while FEW_JOBS < _jobs(alike, times) != len(grid.cells):
            times *= 2
    return BlockSizes(lambda cell: sizes[cell.matchup] * times, _jobs(alike, times))


def _jobs(alike: Counter[tuple[int, int]], times: int) -> int:
    """Count the blocks; ``alike`` counts the cells by size of blocks and number of deals."""
    return sum(cells * -(-deals // (size * times)) for (size, deals), cells in alike.items())
