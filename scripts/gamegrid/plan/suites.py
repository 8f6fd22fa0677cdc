"""Frozen suites: games, luck and a ladder of bots that have met already.

``suite: core-v1`` in a configuration places one's own agents by playing only their games: they
meet every bot of the ladder, and the bots' games among each other come with the suite. Freeze the
results of a suite's own grid with ``gamegrid freeze NAME RESULTS``.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from gamegrid import paths
from gamegrid.errors import UserError, nearest

if TYPE_CHECKING:  # a plan is made of a suite
    pass

FOLDER = "config/suites"
RESULTS = "ladder.parquet"
RATINGS = "ratings.json"
OWN = ("schedule", "self_play")
"""Keys that a suite decides by what it is."""


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite as its folder has it: the grid of its ladder, that grid's results and ratings."""

    name: str
    grid: Mapping[str, Any]
    results: Path
    ratings: Path

    def rated(self) -> Mapping[str, Mapping[str, Any]]:
        """Rating, standard error and correlations of each bot that has them, by name.

        A ladder whose results rate nobody has none. Zero is the first bot's place.
        """
        if not self.ratings.exists():
            return {}
        found: dict[str, dict[str, Any]] = json.loads(self.ratings.read_text(encoding="utf-8"))
        return found


def read(name: str, working: Path) -> Suite:
    """Read a suite by name. Raises UserError if there is none of that name."""
    found = {
        file.parent.name: file.parent
        for base in (paths.WORKFLOW, working)
        for file in (base / FOLDER).glob("*/suite.yaml")
    }
    folder = found.get(str(name))
    if folder is None:
        raise UserError(
            f"config: suite: {name!r} is unknown.{nearest(str(name), found)} There are "
            f"{', '.join(sorted(found))}."
        )
    grid = yaml.safe_load((folder / "suite.yaml").read_text(encoding="utf-8"))
    return Suite(name, grid, folder / RESULTS, folder / RATINGS)


def expand(raw: Mapping[str, Any], suite: Suite) -> dict[str, Any]:
    """The whole grid of a configuration that names ``suite``: its agents against the ladder.

    Raises UserError for keys that the suite fixes, and for agents named as one of the ladder.
    """
    agents = raw.get("agents")
    if not isinstance(agents, Mapping) or not agents:
        raise UserError(f"config: agents: name the agents to be placed in suite {suite.name}.")
    fixed = [key for key in raw if key in OWN or (key in suite.grid and key != "agents")]
    if fixed:
        raise UserError(
            f"config: {fixed[0]}: suite {suite.name} fixes it; take the key out, or write a grid "
            f"of your own."
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
