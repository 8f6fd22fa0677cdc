"""Maintain the journal, which holds every reply of a model."""

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path

from gamegrid.commands.command import Command
from gamegrid.config import grid_files
from gamegrid.errors import UserError
from gamegrid.paths import WORKFLOW
from gamegrid.plan import plan
from gamegrid.play.budget import release
from gamegrid.records import received, salvage
from gamegrid.records.blocks import FOLDERS
from gamegrid.records.chunkfile import count_replies
from gamegrid.records.journal import files
from gamegrid.records.upkeep import (
    Summary,
    check_unwritten,
    compress,
    folders_of,
    prune,
    summaries,
    verify,
)
from gamegrid.store import journal_counts


def arguments(parser: ArgumentParser) -> None:
    """Declare one subcommand per action."""
    actions = parser.add_subparsers(dest="action", required=True)
    for name, about in (
        ("list", "List the number and size of replies, cell by cell"),
        ("verify", "Read every line; exit with 1 if one is missing, altered or bought twice"),
        ("accept", "Say what a damaged journal has lost, and go on without it with --yes"),
        ("compress", "Compress files that no job writes to; they stay readable"),
        ("prune", "List files of cells that are not in a grid, and remove them with --yes"),
        ("release", "Take what may have been billed out of budget_usd: your bill says it was not"),
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
        if name == "accept":
            action.add_argument(
                "--yes", action="store_true",
                help="write the intact replies anew; a rerun asks for the others again",
            )  # fmt: skip


def run(given: Namespace) -> int:
    """Perform the action. ``verify`` returns 1 if it finds a problem."""
    results: Path = given.results
    received.check_folder(results)
    if not results.is_dir() or (given.action != "accept" and not (results / "journal").is_dir()):
        raise UserError(f"{results} has no journal; name a results folder.")
    match given.action:
        case "list":
            _show(summaries(results), count_replies(_chunk_files(results)))
        case "verify":
            problems = [*verify(results), *_lacking(results)]
            print("\n".join(problems) or "every reply is intact and stored once")
            return 1 if problems else 0
        case "accept":
            _accept(results, given.yes)
        case "compress":
            print(f"{compress(results)} files compressed")
        case "prune":
            kept = _cells_of(given.configfile)
            unused = prune(results, kept, given.yes)
            if given.yes:
                # Whoever adds such a cell again means to pay for its replies.
                lacking = journal_counts.shortfalls(results)
                journal_counts.accept([each for each in lacking if each.cell not in kept])
            print(*unused, sep="\n")
            print(f"{len(unused)} files {'removed' if given.yes else 'to remove with --yes'}")
        case "release":
            print(f"{release(results):.4g} USD that may have been billed no longer count")
    return 0


def _lacking(results: Path) -> list[str]:
    """Return the cells with fewer replies than were counted; none if a journal is damaged."""
    try:
        return [str(shortfall) for shortfall in journal_counts.shortfalls(results)]
    except UserError:  # verify names the damage
        return []


def _accept(results: Path, yes: bool) -> None:
    """Print what is lost; with ``yes``, set damaged files aside and keep their intact replies."""
    folders = list(folders_of(results))
    check_unwritten(journal for folder in folders for journal in files(folder))
    go_through = salvage.accept if yes else salvage.losses
    lost = [loss for folder in folders for loss in go_through(folder)]
    for loss in lost:
        print(loss)
    # Journals that are still damaged cannot be counted.
    lacking = journal_counts.shortfalls(results) if yes or not lost else []
    for each in lacking:
        missing = each.counted - each.filed
        print(f"{each.folder}: {missing} of the {each.counted} replies of {each.source} are lost")
    if not lost and not lacking:
        print("nothing is lost")
    elif yes:
        journal_counts.accept(lacking)
        print("accepted: a rerun asks for the lost replies again")
    else:
        print("with --yes, intact replies are kept and a rerun asks for the lost ones again")


def _cells_of(config: Path) -> set[str]:
    """Return the cells of a configuration as GAME/MATCHUP. Raises UserError."""
    prepared = plan.make(grid_files.read(config, Path.cwd()), Path.cwd())
    return {f"{cell.game.name}/{cell.matchup.name}" for cell in prepared.all_cells}


def _chunk_files(results: Path) -> list[Path]:
    return [path for name in FOLDERS.values() for path in (results / name).rglob("*.parquet")]


def _show(cells: Sequence[Summary], used: Mapping[str, int]) -> None:
    """Print the cells; ``used`` counts the replies of each that are in chunk files."""
    for cell in cells:
        failed = f"; {cell.lost} failed attempts, of which {cell.maybe_billed} may have been billed"
        print(
            f"{cell.cell}: {', '.join(_facts(cell))}{failed if cell.lost else ''}"
            f"{_unused(cell.replies - used.get(cell.cell, 0))}"
        )
    replies = sum(cell.replies for cell in cells)
    unused = sum(max(0, cell.replies - used.get(cell.cell, 0)) for cell in cells)
    print(f"{replies} replies in {len(cells)} cells{_unused(unused)}")
    if unused:
        print("Replies in no chunk file were replaced by others, or their job has not finished.")


def _facts(cell: Summary) -> list[str]:
    """Return what is on file of a cell. Where a model has answered nothing, no model is known."""
    size = f"{cell.size / 1e6:.1f} MB"
    return [f"{cell.replies} replies", f"{cell.tokens} tokens", size, *cell.models]


def _unused(replies: int) -> str:
    return f"; {replies} in no chunk file" if replies > 0 else ""


COMMAND = Command("List, verify, compress or prune the journal of replies", arguments, run)
