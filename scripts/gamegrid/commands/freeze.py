"""Freeze the results of a suite's own grid into the suite."""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gamegrid.commands.command import Command
from gamegrid.errors import UserError
from gamegrid.paths import replacing
from gamegrid.plan.plan import Plan
from gamegrid.plan.suites import Suite, read


def freeze(suite: Suite, results: Path) -> int:
    """Put the results of the suite's own grid, and its bots' ratings by them, into its folder.

    Returns the number of cells.

    Raises UserError if they are not the whole grid of the suite.
    """
    from gamegrid.plan import plan
    from gamegrid.records.chunkfile import pack, read_params

    made = plan.make(suite.grid, Path.cwd())
    files = {chunk: results / "chunks" / f"{chunk.path}.parquet" for chunk in made.chunks}
    played = read_params(list(files.values()))
    for chunk, path in files.items():
        if played.get(path) != made.params(chunk.cell):
            raise UserError(f"{path} is missing or was not played with the suite's settings.")
    pack(list(files.values()), suite.results, frozen_params(made))
    with replacing(suite.ratings) as temporary:
        temporary.write_text(_by_bot(rate(made, suite)), encoding="utf-8")
    return len(made.grid.cells)


def rate(made: Plan, suite: Suite) -> dict[str, dict[str, Any]]:
    """Rate a suite's bots by their frozen games alone, the first of them at 0: see Suite.rated.

    Rating points, to a tenth. Their users' ratings stand on this scale, whoever else plays.
    """
    from gamegrid.analysis import references
    from gamegrid.jobs import workflow
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


def frozen_params(made: Plan) -> str:
    """The params of every cell of a suite's own grid, as its results carry them."""
    found = {f"{game}/{matchup}": made.params(cell) for (game, matchup), cell in made.cells.items()}
    return json.dumps(found, sort_keys=True)


def arguments(parser: ArgumentParser) -> None:
    """Take a suite and the results of its grid."""
    parser.add_argument("suite", help="a folder of config/suites/ with a suite.yaml")
    parser.add_argument("results", type=Path, help="the results folder of its grid")


def run(given: Namespace) -> int:
    """Freeze the results, and say where."""
    suite = read(given.suite, Path.cwd())
    print(f"{freeze(suite, given.results)} cells frozen in {suite.results}")
    return 0


COMMAND = Command("put the results of a suite's own grid into the suite", arguments, run)
