"""Merge one results folder into another.

Replies go into the journal of the target and episodes into its chunk folders. A grid with the
agents of both then plays nothing again that either has played, and asks no model twice.
"""

import hashlib
import json
import shutil
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from gamegrid.commands.command import Command
from gamegrid.commands.results_folder import UNFIT
from gamegrid.errors import UserError
from gamegrid.play.chunk import MERGED
from gamegrid.records import (
    dtype_record,
    journal,
    received,
    registrations,
    stamp,
    upkeep,
    value_record,
)
from gamegrid.records.blocks import FOLDERS
from gamegrid.records.chunkfile import read_finished, read_params, unite
from gamegrid.records.journal import Key
from gamegrid.records.record_types import Task, episode_id
from gamegrid.store import journal_counts, looks

CELLS = {Task.EPISODE: "*/*", Task.POSITION: "*", Task.PROBE: "*"}
"""Glob pattern, below a task's folder, of the folders whose chunk files belong together."""


@dataclass(frozen=True, slots=True)
class MergedResults:
    """Counts of a merge.

    ``known``: episodes that were already there. ``conflicts``: one sentence per difference, where
    the target keeps its own version.
    """

    replies: int
    episodes: int
    known: int
    conflicts: tuple[str, ...]


def merge(ours: Path, theirs: Path) -> MergedResults:
    """Add to ``ours`` what only ``theirs`` has; ``theirs`` is not changed.

    ``ours`` may be missing. An episode of theirs is left out if a reply that led to it is not the
    one in our journal: the next run plays it from the replies that are there.

    Raises UserError, before adding anything, for a folder without results or for results of
    another seed or protocol.
    """
    begins = not ours.exists()
    _check(ours, theirs)
    if begins:
        _begin(ours, theirs)
    value_record.merge(theirs, ours)
    dtype_record.merge(theirs, ours)
    replies = upkeep.merge(theirs, ours)
    looks.merge(theirs / looks.NAME, ours / looks.NAME)
    registrations.merge(theirs / registrations.NAME, ours / registrations.NAME)
    conflicts = [f"another reply to the question at {upkeep.where(k)}" for k in replies.conflicts]
    apart = _episodes_of(replies.conflicts)
    episodes = known = 0
    for task, pattern in CELLS.items():
        folders = (theirs / FOLDERS[task]).glob(pattern)
        for folder in sorted(path for path in folders if path.is_dir()):
            try:
                added, there, trouble = _merge_cell(
                    ours / folder.relative_to(theirs), folder, apart
                )
            except (duckdb.Error, RecursionError, *UNFIT) as error:
                said = " ".join(str(error).split()).rstrip(".")
                added, there = 0, 0
                trouble = [f"{folder} holds a file that is no chunk file: {said}"]
            episodes, known = episodes + added, known + there
            conflicts += trouble
    lacking = journal_counts.shortfalls(ours)
    journal_counts.accept(lacking)
    conflicts += [
        f"{each.counted - each.filed} replies of {each.cell} are in no journal of {theirs}"
        for each in lacking
    ]
    return MergedResults(replies.added, episodes, known, tuple(conflicts))


def _check(ours: Path, theirs: Path) -> None:
    """Raise UserError if the two folders cannot be merged."""
    folders = [theirs, ours] if ours.exists() else [theirs]
    for folder in folders:
        received.check_folder(folder)
        if not (folder / "chunks").is_dir() and not (folder / "journal").is_dir():
            raise UserError(f"{folder} has no chunks and no journal; give a results folder.")
    their_stamp, own_stamp = (stamp.read(folder) for folder in (theirs, folders[-1]))
    if their_stamp != own_stamp:
        raise UserError(
            f"{theirs} was played with {_describe(their_stamp)}, {ours} with "
            f"{_describe(own_stamp)}: their deals differ and cannot be merged."
        )
    for folder in folders:
        for cell in upkeep.folders_of(folder):
            for path in journal.files(cell):
                journal.check(path)
    if lacking := journal_counts.shortfalls(ours):
        raise UserError(str(lacking[0]))


def _begin(ours: Path, theirs: Path) -> None:
    """Make a results folder with the seed and protocol of ``theirs``."""
    ours.mkdir(parents=True)
    if (theirs / stamp.NAME).exists():
        shutil.copy(theirs / stamp.NAME, ours)


def _episodes_of(keys: Iterable[Key]) -> frozenset[str]:
    """Return the ids of all episodes and single moves in which questions may have been asked."""
    places = [json.loads(key) for key in keys]
    return frozenset(
        episode_id(task, f"{at['game']}:{at['matchup']}", at["deal"], at["seating"])
        for at in places
        for task in Task
    )


def _merge_cell(ours: Path, theirs: Path, apart: frozenset[str]) -> tuple[int, int, list[str]]:
    """Merge the chunk files of one cell, without the episodes ``apart``.

    Returns the number of episodes added, the number already known, and the conflicts.
    """
    own, other = _by_params(ours), _by_params(theirs)
    added = known = 0
    whole = {path for files in other.values() for path in files}
    damaged = sorted(set(theirs.glob("*.parquet")) - whole)
    conflicts = [f"{path} is damaged or not a chunk file" for path in damaged]
    name = f"{theirs.parent.name}/{theirs.name}"
    for params, files in other.items():
        mine, finished = _finished(own.get(params, ())), _finished(files)
        fresh = finished.keys() - mine.keys()
        known += len(finished) - len(fresh)
        fresh -= apart
        conflicts += [
            f"episode {episode} was played differently"
            for episode in sorted(finished.keys() & mine.keys())
            if finished[episode] != mine[episode]
        ]
        if fresh:
            ours.mkdir(parents=True, exist_ok=True)
            unite(files, ours / f"{MERGED}{_digest(params, fresh)}.parquet", params, fresh)
            added += len(fresh)
        if own and params not in own:
            conflicts += [
                f"{name}: {setting}" for setting in _apart(json.loads(params), map(json.loads, own))
            ]
    return added, known, conflicts


def _by_params(folder: Path) -> dict[str, list[Path]]:
    """Return the intact chunk files of a folder by their settings."""
    files: dict[str, list[Path]] = {}
    paths = sorted(folder.glob("*.parquet"))
    received.check_tables(paths)
    for path, params in read_params(paths).items():
        files.setdefault(params, []).append(path)
    return files


def _finished(files: Sequence[Path]) -> dict[str, str]:
    """Return the trajectories of finished episodes by id."""
    return {episode: line for path in files for episode, line in read_finished(path).items()}


def _digest(params: str, episodes: Any) -> str:
    """Name a set of episodes, so that merging it again writes the same file."""
    return hashlib.sha256(json.dumps([params, sorted(episodes)]).encode()).hexdigest()[:12]


def _apart(theirs: Mapping[str, Any], ours: Iterator[Mapping[str, Any]]) -> list[str]:
    """Describe how a cell's settings differ from the most similar ones of the target.

    Settings of other agents belong to other cells of the same folder.
    """
    differences = [_settings_apart(theirs, mine) for mine in ours]
    return min((each for each in differences if each is not None), key=len, default=[])


def _settings_apart(theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> list[str] | None:
    """Return one sentence per setting that differs; None if other agents play."""
    if theirs["agents"].keys() != ours["agents"].keys():
        return None
    sides = [_flat(side) for side in (ours, theirs)]
    return [
        f"{key} is {sides[0].get(key)!r} here and {sides[1].get(key)!r} there"
        for key in sorted(sides[0].keys() | sides[1].keys())
        if sides[0].get(key) != sides[1].get(key)
    ]


def _flat(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings by name, with ``agents.NAME.KEY`` for those of agents."""
    agents = {
        f"agents.{name}.{key}": value
        for name, stated in params["agents"].items()
        for key, value in stated.items()
    }
    return {key: value for key, value in params.items() if key != "agents"} | agents


def _describe(stamped: Mapping[str, Any]) -> str:
    return " and ".join(f"{key} {value}" for key, value in stamped.items()) or "no stamp"


def arguments(parser: ArgumentParser) -> None:
    """Declare the arguments OTHER and --into."""
    parser.add_argument(
        "other", type=Path, metavar="OTHER", help="the results folder to read; it is not changed"
    )
    parser.add_argument(
        "--into", type=Path, default=Path("results"), metavar="RESULTS",
        help="the results folder to add to, which may be new (default: results)",
    )  # fmt: skip


def run(given: Namespace) -> int:
    """Merge and print the counts. Returns 1 if there are conflicts."""
    done = merge(given.into, given.other)
    for conflict in done.conflicts:
        print(f"conflict, {given.into} keeps its version: {conflict}")
    print(
        f"{given.into}: {done.replies} replies and {done.episodes} episodes added from "
        f"{given.other}, {done.known} episodes already present, {len(done.conflicts)} conflicts"
    )
    return 1 if done.conflicts else 0


COMMAND = Command("Add the replies and episodes of another results folder", arguments, run)
