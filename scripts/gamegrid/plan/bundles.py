"""Jobs that play several chunks, so that Snakemake and clusters can take grids of any size."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from gamegrid.plan.grid import Cell, Chunk
from gamegrid.records import bundle_file


@dataclass(frozen=True)
class Bundle:
    """One job that plays chunks of one game one after another. Their cells need the same."""

    chunks: tuple[Chunk, ...]

    @cached_property
    def name(self) -> str:
        """The name of the bundle, which follows from its chunks."""
        files = "\n".join(chunk.file for chunk in self.chunks)
        return hashlib.sha256(files.encode()).hexdigest()[: bundle_file.DIGITS]

    @property
    def cell(self) -> Cell:
        """The first cell; all others need the same."""
        return self.chunks[0].cell

    @property
    def file(self) -> str:
        """The place below results/ of the file that lists the chunk files."""
        return f"{bundle_file.FOLDER}/{self.cell.game.name}/{self.name}{bundle_file.SUFFIX}"


def bundles(
    chunks: Sequence[Chunk], most: int, places: Sequence[str], needs: Callable[[Cell], Hashable]
) -> tuple[Bundle, ...]:
    """Return the jobs of a grid of more than ``most`` chunks; none if each chunk is a job.

    The number of chunks in a full bundle is doubled until there are at most ``most`` bundles, or
    until all chunks of a game whose cells have equal ``needs`` are one. The agents stand in the
    order ``places``: one that is added at the end leaves all bundles but the last ones as they are.
    """
    if len(chunks) <= most:
        return ()
    place = {agent: number for number, agent in enumerate(places)}
    groups = defaultdict[Hashable, list[Chunk]](list)
    for chunk in chunks:
        groups[chunk.cell.game.name, needs(chunk.cell)].append(chunk)
    size = 1
    while (jobs := _jobs(groups.values(), size)) > most and _jobs(groups.values(), 2 * size) < jobs:
        size *= 2
    if size == 1:
        return ()

    def order(chunk: Chunk) -> tuple[list[int], int]:
        last_first = sorted((place[a] for a in chunk.cell.matchup.agents), reverse=True)
        return last_first, chunk.start

    return tuple(
        Bundle(tuple(group[at : at + size]))
        for group in (sorted(each, key=order) for each in groups.values())
        for at in range(0, len(group), size)
    )


def _jobs(groups: Iterable[Sequence[Chunk]], size: int) -> int:
    return sum(-(-len(group) // size) for group in groups)
