"""How many deals each job holds, so that Snakemake can plan grids of any size."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from gamegrid.config.types import GridConfig
from gamegrid.plan.deals import played_deals
from gamegrid.plan.grid import Cell, Grid
from gamegrid.plan.job_needs import JobNeeds

FEW_JOBS = 2000
"""Jobs that play episodes, beyond which the default size of blocks doubles."""
LARGEST = 10_000
"""Deals in a block, beyond which its size is not doubled: a job plays them all or starts anew."""


@dataclass(frozen=True, slots=True)
class BlockSizes:
    """The deals in a full block of each cell, and the number of jobs that these make."""

    of: Callable[[Cell], int]
    jobs: int


def block_sizes(config: GridConfig, grid: Grid, needs: JobNeeds) -> BlockSizes:
    """Return the sizes: as configured, or as suits the cells' backends and the size of the grid.

    In a grid that would have more than ``FEW_JOBS`` jobs, the blocks of all cells are doubled until
    it has no more, or until each cell is one job or has blocks that may not grow. Blocks of the
    larger size are thus made of whole blocks of the smaller one.
    """
    sizes = {cell.matchup: needs.deals(cell) for cell in grid.one_per_matchup}
    played = {game: played_deals(config, game) for game in grid.games}
    # Not len, which fails at numbers that are about to be refused.
    deals = {game: these.stop - these.start for game, these in played.items()}
    alike = Counter((sizes[cell.matchup], deals[cell.game]) for cell in grid.cells)
    times = 1
    if not config.chunk:
        while (jobs := _jobs(alike, times)) > FEW_JOBS and _jobs(alike, 2 * times) < jobs:
            times *= 2
    return BlockSizes(lambda cell: _grown(sizes[cell.matchup], times), _jobs(alike, times))


def _grown(size: int, times: int) -> int:
    """Return ``size``, doubled as often as ``times`` says while it has at most ``LARGEST``."""
    while times > 1 and size * times > LARGEST:
        times //= 2
    return size * times


def _jobs(alike: Counter[tuple[int, int]], times: int) -> int:
    """Count the blocks; ``alike`` counts the cells by size of blocks and number of deals."""
    return sum(cells * -(-deals // _grown(size, times)) for (size, deals), cells in alike.items())
