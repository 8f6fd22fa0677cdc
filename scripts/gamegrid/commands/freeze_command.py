"""Freeze the results of a suite's grid of bots into the suite."""

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
from gamegrid.records import received


def freeze(suite: Suite, results: Path) -> int:
    """Store the results of the suite's grid and the ratings of its bots in the suite's folder.

    Returns the number of cells. Raises UserError if the results do not cover the whole grid.
    """
    from gamegrid.plan import plan
    from gamegrid.records.chunkfile import pack, read_params

    prepared = plan.make(suite.grid, Path.cwd())
    files = {chunk: results / chunk.file for chunk in prepared.chunks}
    played = read_params(list(files.values()))
    for chunk, path in files.items():
        if played.get(path) != prepared.identity.params(chunk.cell):
            raise UserError(
                f"{path} is missing or was played with other settings than the suite's."
            )
    pack(list(files.values()), suite.results, frozen_params(prepared))
    with replacing(suite.ratings) as temporary:
        temporary.write_text(_by_bot(rate(prepared, suite)), encoding="utf-8")
    return len(prepared.grid.cells)


def rate(plan: Plan, suite: Suite) -> dict[str, dict[str, Any]]:
    """Rate a suite's bots by their frozen games alone, with the first bot at 0.

    Returns ratings in points, to a tenth. They fix the scale for ratings of users' agents.
    """
    from gamegrid.analysis import references
    from gamegrid.jobs import workflow
    from gamegrid.store.database import Sources, build
    from gamegrid.store.statistics import rate_ladder

    with TemporaryDirectory() as folder:
        database, scales = Path(folder, "gamegrid.duckdb"), Path(folder, "references.json")
        references.write_scales(plan, scales)
        rows = replace(workflow.rows(plan), ladder=())
        build(database, rows, Sources(chunks=[suite.results], references=scales))
        anchors = rate_ladder(database, next(iter(suite.grid["agents"])))
    return {
        bot: {
            "rating": round(anchor.rating, 1),
            "se": round(anchor.se, 1),
            "correlations": {other: round(r, 3) for other, r in anchor.correlations.items()},
        }
        for bot, anchor in anchors.items()
    }


def _by_bot(ratings: Mapping[str, Mapping[str, Any]]) -> str:
    """Return JSON with one bot per line."""
    lines = (f"{json.dumps(bot)}: {json.dumps(rating)}" for bot, rating in ratings.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def frozen_params(plan: Plan) -> str:
    """Return the params of every cell of a suite's grid as JSON, as its results state them."""
    params = {
        f"{game}/{matchup}": plan.identity.params(cell)
        for (game, matchup), cell in plan.grid.cell_named.items()
    }
    return json.dumps(params, sort_keys=True)


def arguments(parser: ArgumentParser) -> None:
    """Declare the arguments SUITE and RESULTS."""
    parser.add_argument("suite", help="a folder in config/suites/ that contains suite.yaml")
    parser.add_argument("results", type=Path, help="the results folder of its grid")


def run(given: Namespace) -> int:
    """Freeze the results and print where they are."""
    received.check_folder(given.results)
    suite = read(given.suite, Path.cwd())
    print(f"{freeze(suite, given.results)} cells frozen in {suite.results}")
    return 0


COMMAND = Command("Freeze the results of a suite's grid into the suite", arguments, run)
