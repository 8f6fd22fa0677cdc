"""Add to one results folder what only another has.

Replies go to its journal and episodes beside its chunk files. A grid that names the agents of both
then plays nothing again that one of them has played, and asks no model twice.
"""

import hashlib
import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gamegrid.commands.command import Command
from gamegrid.errors import UserError
from gamegrid.play.chunk import MERGED
from gamegrid.records import stamp, upkeep
from gamegrid.records.blocks import FOLDERS
from gamegrid.records.chunkfile import read_finished, read_params, unite
from gamegrid.records.record_types import Task
from gamegrid.store import looks

CELLS = {Task.EPISODE: "*/*", Task.POSITION: "*", Task.PROBE: "*"}
"""Glob pattern, below a task's folder, of the folders whose chunk files belong together."""


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge did. ``conflicts`` are sentences; where there is one, A's stays."""

    replies: int
    episodes: int
    known: int
    conflicts: tuple[str, ...]


def merge(ours: Path, theirs: Path) -> Merged:
    """Add what only ``theirs`` has to ``ours``; it is left as it is.

    Raises UserError, before anything is added, for a folder without results and for results of
    another seed or protocol.
    """
    for folder in (ours, theirs):
        if not (folder / "chunks").is_dir() and not (folder / "journal").is_dir():
            raise UserError(f"{folder} has no chunks and no journal; name a results folder.")
    if (found := stamp.read(theirs)) != (own := stamp.read(ours)):
        raise UserError(
            f"{theirs} was made with {_told(found)}, {ours} with {_told(own)}: their deals are not "
            f"the same and cannot be united."
        )
    replies = upkeep.merge(theirs, ours)
    looks.merge(theirs / looks.NAME, ours / looks.NAME)
    conflicts = [f"another reply to the question at {place}" for place in replies.conflicts]
    episodes = known = 0
    for task, pattern in CELLS.items():
        folders = (theirs / FOLDERS[task]).glob(pattern)
        for folder in sorted(path for path in folders if path.is_dir()):
            added, there, trouble = _merge_cell(ours / folder.relative_to(theirs), folder)
            episodes, known = episodes + added, known + there
            conflicts += trouble
    return Merged(replies.added, episodes, known, tuple(conflicts))


def _merge_cell(ours: Path, theirs: Path) -> tuple[int, int, list[str]]:
    """Unite the chunk files of one cell: episodes added, those known already, and conflicts."""
    own, other = _by_params(ours), _by_params(theirs)
    added = known = 0
    whole = {path for files in other.values() for path in files}
    damaged = sorted(set(theirs.glob("*.parquet")) - whole)
    conflicts = [f"{path} is damaged or no chunk file" for path in damaged]
    name = f"{theirs.parent.name}/{theirs.name}"
    for params, files in other.items():
        mine, finished = _finished(own.get(params, ())), _finished(files)
        fresh = finished.keys() - mine.keys()
        known += len(finished) - len(fresh)
        conflicts += [
            f"episode {episode} went another way"
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
    """The whole chunk files of a folder, by the settings they were played with."""
    found: dict[str, list[Path]] = {}
    for path, params in read_params(sorted(folder.glob("*.parquet"))).items():
        found.setdefault(params, []).append(path)
    return found


def _finished(files: Sequence[Path]) -> dict[str, str]:
    """The trajectories of the finished episodes of files, by id."""
    return {episode: line for path in files for episode, line in read_finished(path).items()}


def _digest(params: str, episodes: Any) -> str:
    """The same episodes have the same name, however often they are merged."""
    return hashlib.sha256(json.dumps([params, sorted(episodes)]).encode()).hexdigest()[:12]


def _apart(theirs: Mapping[str, Any], ours: Iterator[Mapping[str, Any]]) -> list[str]:
    """Say what sets a cell's settings apart from those here that are most alike.

    Agents that only one side names belong to other cells of the same folder.
    """
    alike = [found for mine in ours if (found := _settings_apart(theirs, mine)) is not None]
    return min(alike, key=len, default=[])


def _settings_apart(theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> list[str] | None:
    """One sentence per setting that differs; None where other agents play."""
    if theirs["agents"].keys() != ours["agents"].keys():
        return None
    sides = [_flat(side) for side in (ours, theirs)]
    return [
        f"{key} is {sides[0].get(key)!r} here and {sides[1].get(key)!r} there"
        for key in sorted(sides[0].keys() | sides[1].keys())
        if sides[0].get(key) != sides[1].get(key)
    ]


def _flat(params: Mapping[str, Any]) -> dict[str, Any]:
    """Settings by name, those of agents as ``agents.NAME.KEY``."""
    agents = {
        f"agents.{name}.{key}": value
        for name, stated in params["agents"].items()
        for key, value in stated.items()
    }
    return {key: value for key, value in params.items() if key != "agents"} | agents


def _told(found: Mapping[str, Any]) -> str:
    return " and ".join(f"{key} {value}" for key, value in found.items()) or "no stamp"


def arguments(parser: ArgumentParser) -> None:
    """Take the other folder and the one to add to."""
    parser.add_argument(
        "other", type=Path, metavar="OTHER", help="a results folder; it is not changed"
    )
    parser.add_argument(
        "--into", type=Path, default=Path("results"), metavar="RESULTS",
        help="the results folder to add to (default: results)",
    )  # fmt: skip


def run(given: Namespace) -> int:
    """Merge, and say what was added where. Returns 1 if there are conflicts."""
    done = merge(given.into, given.other)
    for conflict in done.conflicts:
        print(f"conflict, {given.into} keeps its own: {conflict}")
    print(
        f"{given.into}: {done.replies} replies and {done.episodes} episodes added from "
        f"{given.other}, {done.known} episodes already there, {len(done.conflicts)} conflicts"
    )
    return 1 if done.conflicts else 0


COMMAND = Command("add to one results folder what only another has", arguments, run)
