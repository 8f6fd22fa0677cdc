"""Look after the replies on file."""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from gamegrid.commands.command import Command
from gamegrid.config.load import read_yaml
from gamegrid.errors import UserError
from gamegrid.paths import WORKFLOW
from gamegrid.plan import plan
from gamegrid.records.upkeep import Summary, compress, prune, summaries, verify


def arguments(parser: ArgumentParser) -> None:
    """Take what to do and a results folder."""
    actions = parser.add_subparsers(dest="action", required=True)
    for name, about in (
        ("list", "say what is on file, cell by cell"),
        ("verify", "read every line; exit 1 if one is damaged, altered or bought twice"),
        ("compress", "pack the files that no job writes; they are read as before"),
        ("prune", "name the files of cells that a grid does not have, and remove them with --yes"),
    ):
        action = actions.add_parser(name, help=about, description=about)
        action.add_argument("results", nargs="?", default="results", type=Path)
        if name == "prune":
            default = WORKFLOW / "config/config.yaml"
            action.add_argument("--configfile", type=Path, default=default)
            action.add_argument("--yes", action="store_true", help="remove them")


def run(given: Namespace) -> int:
    """Do it; ``verify`` returns 1 if something is wrong."""
    results: Path = given.results
    if not (results / "journal").is_dir():
        raise UserError(f"{results} has no journal; name a results folder.")
    match given.action:
        case "list":
            _show(summaries(results))
        case "verify":
            trouble = verify(results)
            print("\n".join(trouble) or "every reply on file is whole and there once")
            return 1 if trouble else 0
        case "compress":
            print(f"{compress(results)} files compressed")
        case "prune":
            doomed = prune(results, _cells_of(given.configfile), given.yes)
            size = "" if given.yes else " would go; --yes removes them"
            print("\n".join(map(str, doomed)))
            print(f"{len(doomed)} files{size or ' removed'}")
    return 0


def _cells_of(config: Path) -> set[str]:
    """The cells of a configuration. Raises UserError."""
    made = plan.make(read_yaml(config), Path.cwd())
    return {f"{cell.game.name}/{cell.matchup.name}" for cell in made.all_cells}


def _show(cells: Sequence[Summary]) -> None:
    for cell in cells:
        vain = f"; {cell.lost} attempts in vain, {cell.maybe_billed} perhaps paid for"
        print(
            f"{cell.cell}: {cell.replies} replies, {cell.tokens} tokens, "
            f"{cell.size / 1e6:.1f} MB, {', '.join(cell.models)}{vain if cell.lost else ''}"
        )
    print(f"{sum(c.replies for c in cells)} replies in {len(cells)} cells")


COMMAND = Command("list, verify, compress or prune the replies on file", arguments, run)
