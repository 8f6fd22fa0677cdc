"""Frozen suites: games, luck and a ladder of bots that have met already.

``suite: core-v1`` in a configuration places one's own agents by playing only their games: they
meet every bot of the ladder, and the bots' games among each other come with the suite. Freeze the
results of a suite's own grid with ``python -m gamegrid.suites NAME RESULTS``.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import yaml

from gamegrid import paths
from gamegrid.errors import UserError, nearest

if TYPE_CHECKING:  # a plan is made of a suite
    from gamegrid.plan import Plan

FOLDER = "config/suites"
RESULTS = "ladder.parquet"
RATINGS = "ratings.json"
OWN = ("schedule", "mirrors")
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


def freeze(suite: Suite, results: Path) -> int:
    """Put the results of the suite's own grid, and its bots' ratings by them, into its folder.

    Returns the number of cells.

    Raises UserError if they are not the whole grid of the suite.
    """
    from gamegrid import plan
    from gamegrid.play.chunkfile import pack, read_params

    made = plan.make(suite.grid, Path.cwd())
    files = {chunk: results / "chunks" / f"{chunk.path}.parquet" for chunk in made.chunks}
    played = read_params(list(files.values()))
    for chunk, path in files.items():
        if played.get(path) != made.params(chunk.cell):
            raise UserError(f"{path} is missing or was not played with the suite's settings.")
    pack(list(files.values()), suite.results, frozen_params(made))
    suite.ratings.write_text(_by_bot(rate(made, suite)), encoding="utf-8")
    return len(made.grid.cells)


def rate(made: "Plan", suite: Suite) -> dict[str, dict[str, Any]]:
    """Rate a suite's bots by their frozen games alone, the first of them at 0: see Suite.rated.

    Rating points, to a tenth. Their users' ratings stand on this scale, whoever else plays.
    """
    from gamegrid import references, workflow
    from gamegrid.store.database import Sources, build
    from gamegrid.store.statistics import rate_ladder

    with TemporaryDirectory() as folder:
        database, scales = Path(folder, "gamegrid.duckdb"), Path(folder, "references.json")
        references.write_scales(made, scales)
        rows = replace(workflow.rows(made), ladder=())
        build(database, rows, Sources(chunks=[suite.results], references=scales))
        found = rate_ladder(database, next(iter(suite.grid["agents"])))
    return {
        bot: {
            "rating": round(anchor.rating, 1),
            "se": round(anchor.se, 1),
            "correlations": {other: round(r, 3) for other, r in anchor.correlations.items()},
        }
        for bot, anchor in found.items()
    }


def _by_bot(ratings: Mapping[str, Mapping[str, Any]]) -> str:
    """JSON, one bot a line."""
    lines = (f"{json.dumps(bot)}: {json.dumps(found)}" for bot, found in ratings.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def frozen_params(made: "Plan") -> str:
    """The params of every cell of a suite's own grid, as its results carry them."""
    found = {f"{game}/{matchup}": made.params(cell) for (game, matchup), cell in made.cells.items()}
    return json.dumps(found, sort_keys=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Freeze the results of a suite. Returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m gamegrid.suites",
        description="Put the results of a suite's own grid into the suite.",
    )
    parser.add_argument("name", help="a folder of config/suites/ with a suite.yaml")
    parser.add_argument("results", type=Path, help="the results folder of its grid")
    given = parser.parse_args(arguments)
    try:
        suite = read(given.name, Path.cwd())
        print(f"{freeze(suite, given.results)} cells frozen in {suite.results}")
    except UserError as error:
        print(f"gamegrid: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
