"""Frozen suites: games, luck and a ladder of bots with their results.

``suite: core-v1`` in a configuration rates the configured agents by their games against every bot
of the ladder. The games between bots come with the suite. ``gamegrid freeze NAME RESULTS`` freezes
the results of a suite's own grid.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gamegrid import paths
from gamegrid.config.load import read_yaml
from gamegrid.errors import UserError, nearest

FOLDER = "config/suites"
RESULTS = "ladder.parquet"
RATINGS = "ratings.json"
OWN = ("schedule", "self_play")
"""Keys that no configuration with a suite may set."""


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite: the grid of its ladder, and the files of that grid's results and ratings."""

    name: str
    grid: Mapping[str, Any]
    results: Path
    ratings: Path

    def rated(self) -> Mapping[str, Mapping[str, Any]]:
        """Return rating, standard error and correlations of each rated bot, by name.

        The first bot has rating 0. Empty if the ladder's results rate nobody.
        """
        if not self.ratings.exists():
            return {}
        by_bot: dict[str, dict[str, Any]] = json.loads(self.ratings.read_text(encoding="utf-8"))
        return by_bot


def names(working: Path) -> list[str]:
    """Return the names of all suites."""
    return sorted(_folders(working))


def _folders(working: Path) -> dict[str, Path]:
    """Return the folders of all suites, by name."""
    return {
        file.parent.name: file.parent
        for base in (paths.WORKFLOW, working)
        for file in (base / FOLDER).glob("*/suite.yaml")
    }


def read(name: str, working: Path) -> Suite:
    """Read a suite by name. Raises UserError if no folder of suites has it."""
    folders = _folders(working)
    folder = folders.get(str(name))
    if folder is None:
        raise UserError(
            f"config: suite: {name!r} is unknown.{nearest(str(name), folders)} There are "
            f"{', '.join(sorted(folders))}."
        )
    grid = read_yaml(folder / "suite.yaml")
    if not isinstance(grid, Mapping) or not isinstance(grid.get("agents"), Mapping):
        raise UserError(f"{folder / 'suite.yaml'} must be a grid with agents.")
    return Suite(name, grid, folder / RESULTS, folder / RATINGS)


def expand(raw: Mapping[str, Any], suite: Suite) -> dict[str, Any]:
    """Return the grid of a configuration that names ``suite``: its agents against the ladder.

    Raises UserError for keys that the suite fixes, and for an agent with the name of a bot.
    """
    agents = raw.get("agents")
    if not isinstance(agents, Mapping) or not agents:
        raise UserError(f"config: agents: name the agents to rate in suite {suite.name}.")
    fixed = [key for key in raw if key in OWN or (key in suite.grid and key != "agents")]
    if fixed:
        raise UserError(
            f"config: {fixed[0]}: suite {suite.name} fixes this key. Remove it, or write a grid "
            f"without the suite."
        )
    ladder: Mapping[str, Any] = suite.grid["agents"]
    if taken := sorted(set(agents) & set(ladder)):
        raise UserError(
            f"config: agents.{taken[0]}: suite {suite.name} has a bot of this name. Its ladder is "
            f"{', '.join(ladder)}; choose another name."
        )
    return {
        **suite.grid,
        **raw,
        "agents": {**ladder, **agents},
        "schedule": {"each": list(agents), "against": list(ladder)},
    }
