"""gamegrid: play language models against games, bots and each other, and compare them.

Data flows one way: config -> plan -> play -> judge -> store -> report. No step reads what a later
one produces.
"""

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gamegrid.store.opened_results import Results

__version__ = "0.1.0"

PROTOCOL = 1
"""Version of rules, parsing and play. Raise it by hand when a change alters what an episode would
be."""


def open(results: str | PathLike[str] = "results") -> "Results":
    """Open the results of a grid for reading.

    ``results`` is a results folder. Raises UserError if it holds no database.

        with gamegrid.open("results") as results:
            leaderboard = results.pandas("leaderboard")
    """
    from gamegrid.store.opened_results import Results  # duckdb only where it is needed

    return Results(Path(results))
