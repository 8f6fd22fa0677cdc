"""Maintain the journal, which holds every reply of a model."""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from gamegrid.commands.command import Command
from gamegrid.config.load import read_yaml
from gamegrid.errors import UserError
from gamegrid.paths import WORKFLOW
from gamegrid.plan import plan
from gamegrid.records import received
from gamegrid.records.upkeep import Summary, compress, prune, summaries, verify


def arguments(parser: ArgumentParser) -> None:
    """Declare one subcommand per action."""
    actions = parser.add_subparsers(dest="action", required=True)
    for name, about in (
        ("list", "List the number and size of replies, cell by cell"),
        ("verify", "Read every line; exit with 1 if one is damaged, altered or bought twice"),
        ("compress", "Compress files that no job writes to; they stay readable"),
        ("prune", "List files of cells that are not in a grid, and remove them with --yes"),
    ):
        action = actions.add_parser(name, help=about, description=about)
        action.add_argument(
            "results", nargs="?", default="results", type=Path,
            help="a results folder (default: results)",
        )  # fmt: skip
        if name == "prune":
            default = WORKFLOW / "config/config.yaml"
            action.add_argument("--configfile", type=Path, default=default, help="the grid")
            action.add_argument("--yes", action="store_true", help="remove the files")


def run(given: Namespace) -> int:
    """Perform the action. ``verify`` returns 1 if it finds a problem."""
    results: Path = given.results
    received.check_folder(results)
    if not (results / "journal").is_dir():
        raise UserError(f"{results} has no journal; name a results folder.")
    match given.action:
        case "list":
            _show(summaries(results))
        case "verify":
            problems = verify(results)
            print("\n".join(problems) or "every reply is intact and stored once")
            return 1 if problems else 0
        case "compress":
            print(f"{compress(results)} files compressed")
        case "prune":
            unused = prune(results, _cells_of(given.configfile), given.yes)
            print(*unused, sep="\n")
            print(f"{len(unused)} files {'removed' if given.yes else 'to remove with --yes'}")
    return 0


def _cells_of(config: Path) -> set[str]:
    """Return the cells of a configuration as GAME/MATCHUP. Raises UserError."""
    prepared = plan.make(read_yaml(config), Path.cwd())
    return {f"{cell.game.name}/{cell.matchup.name}" for cell in prepared.all_cells}


def _show(cells: Sequence[Summary]) -> None:
    for cell in cells:
        failed = f"; {cell.lost} failed attempts, of which {cell.maybe_billed} may have been billed"
        print(
            f"{cell.cell}: {cell.replies} replies, {cell.tokens} tokens, "
            f"{cell.size / 1e6:.1f} MB, {', '.join(cell.models)}{failed if cell.lost else ''}"
        )
    print(f"{sum(c.replies for c in cells)} replies in {len(cells)} cells")


COMMAND = Command("List, verify, compress or prune the journal of replies", arguments, run)
