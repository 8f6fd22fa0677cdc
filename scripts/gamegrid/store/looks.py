"""Record in results/looks.jsonl which deals the tables were made from, each time they were made.

Whoever sees results, adds deals because of them and looks again has more than one chance to be
misled. Each time tables are made, interim ones included, one line records the deals that count.
The same deals are the same look. Snakemake knows neither this file nor the journal. A line also
holds the number of replies behind the tables, since the journal must never have fewer.
"""

import fcntl
import json
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache, reduce
from io import BufferedRandom
from pathlib import Path
from typing import Annotated, TypeAlias

import duckdb
from pydantic import Field, TypeAdapter

from gamegrid.errors import UserError
from gamegrid.records import duckdb_files

NAME = "looks.jsonl"

Deals: TypeAlias = tuple[tuple[int, int], ...]
"""Ranges of deals, from and up to, in order and apart. A range costs the same however long."""
Cells: TypeAlias = Mapping[str, Mapping[str, Sequence[str]]]
"""By game and matchup: the deals that count, such as ``0-9,12``, and a digest of the game, the seed
and the agents with their settings."""

_RANGES = r"\d{1,18}(-\d{1,18})?(,\d{1,18}(-\d{1,18})?)*"
_DEALS: TypeAlias = Annotated[str, Field(pattern=f"^{_RANGES}$")]
_SHAPE = TypeAdapter(dict[str, dict[str, tuple[_DEALS, str]]])
_COUNTED = """
    WITH played AS (
        SELECT
            game, matchup,
            md5(row(load_string, any_value(seed), list(params ORDER BY agent))::VARCHAR) AS play
        FROM line_ups JOIN agents USING (agent) JOIN games USING (game)
        JOIN (SELECT DISTINCT game, matchup, seed FROM episodes) USING (game, matchup)
        GROUP BY game, matchup, load_string
    )

    SELECT game, matchup, list(deal ORDER BY deal), any_value(play)
    FROM deals JOIN played USING (game, matchup)
    WHERE counted AND NOT self_play
    GROUP BY game, matchup
    ORDER BY game, matchup
"""


_REPLIES = """
    SELECT game, matchup, count(*)
    FROM calls JOIN episodes USING (episode_id)
    GROUP BY game, matchup
    ORDER BY game, matchup
"""

Replies: TypeAlias = Mapping[str, int]
"""By cell, as GAME/MATCHUP: the number of replies in the tables."""


@dataclass(frozen=True, slots=True)
class Look:
    """One line of the file."""

    cells: Cells
    replies: Replies
    at: str = ""
    """When the tables were made: UTC, to the second. Empty in files of earlier versions."""


@dataclass(frozen=True, slots=True)
class Looks:
    """Earlier looks, in order, and the current one."""

    before: Sequence[Cells]
    now: Cells

    def number(self, games: Mapping[str, Collection[str]]) -> int | None:
        """Return which look this is, from 1, at the deals that matchups of ``games`` share.

        Other matchups or other settings of an agent are another question, with its own looks. Deals
        that were seen before keep their number. Returns None without deals.
        """
        now = self._common(self.now, games)
        if now is None:
            return None
        seen = [self._common(cells, games) for cells in self.before]
        return list(dict.fromkeys([*(deals for deals in seen if deals), now])).index(now) + 1

    def _common(
        self, cells: Cells, games: Mapping[str, Collection[str]]
    ) -> tuple[Deals, ...] | None:
        """Return the common deals of each game; None without any or with other settings."""
        common = []
        for game, matchups in games.items():
            held, mine = cells.get(game, {}), self.now.get(game, {})
            if any(name not in held or held[name][1] != mine[name][1] for name in matchups):
                return None
            common.append(_intersection(frozenset(held[name][0] for name in matchups)))
        return tuple(common) if all(common) else None


def counted(connection: duckdb.DuckDBPyConnection) -> Cells:
    """Return the deals that count in a database that has its views."""
    cells: dict[str, dict[str, Sequence[str]]] = {}
    for game, matchup, deals, play in connection.execute(_COUNTED).fetchall():
        cells.setdefault(game, {})[matchup] = (_text(deals), play)
    return cells


def read(path: Path) -> list[Cells]:
    """Return the deals of all looks in order; none without a file.

    An incomplete last line does not count. Raises UserError for a line that cannot be read.
    """
    return [look.cells for look in _read(path)]


def times(path: Path) -> list[str]:
    """Return when each look was taken, as UTC to the second; none without a file."""
    return [look.at for look in _read(path)]


def replies(path: Path) -> Replies:
    """Return the largest number of replies that a look had of each cell; empty without a file."""
    most: dict[str, int] = {}
    for look in _read(path):
        for cell, number in look.replies.items():
            most[cell] = max(number, most.get(cell, 0))
    return most


def note(path: Path, database: Path) -> None:
    """Record the look at a built database, if it is a new one."""
    with closing(duckdb_files.connect(database, read_only=True)) as connection:
        rows = connection.execute(_REPLIES).fetchall()
        counts = {f"{game}/{matchup}": number for game, matchup, number in rows}
        _add(path, [Look(counted(connection), counts)])


def merge(theirs: Path, ours: Path) -> None:
    """Add the looks that only ``theirs`` records to ``ours``."""
    if seen := _read(theirs):
        _add(ours, seen)


def _read(path: Path) -> list[Look]:
    return _lines(path.read_bytes(), path) if path.exists() else []


def _add(path: Path, seen: Sequence[Look]) -> None:
    """Append new looks under a lock: an interim look may be recorded during a run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        known = [look.cells for look in _whole(file, path)]
        for look in seen:
            if look.cells and look.cells not in known:
                at = look.at or datetime.now(UTC).isoformat(timespec="seconds")
                line = {**asdict(look), "at": at}
                file.write(json.dumps(line).encode() + b"\n")
                known.append(look.cells)
        file.flush()
        os.fsync(file.fileno())


def _whole(file: BufferedRandom, path: Path) -> list[Look]:
    """Return the looks of an open file and cut off a line that a crash left incomplete."""
    file.seek(0)
    text = file.read()
    file.truncate(text.rfind(b"\n") + 1)
    return _lines(text, path)


def _lines(text: bytes, path: Path) -> list[Look]:
    whole = text[: text.rfind(b"\n") + 1].splitlines()
    try:
        entries = [json.loads(line) for line in whole]
        return [
            Look(
                _SHAPE.validate_python(entry["cells"]),
                dict(entry.get("replies", {})),
                str(entry.get("at", "")),
            )
            for entry in entries
        ]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise UserError(
            f"{path} has a line that is not a look. Remove that line; the tables then count one "
            f"look less."
        ) from error


def _text(deals: Sequence[int]) -> str:
    """Format increasing numbers as ranges: ``0-9,12``."""
    spans: list[list[int]] = []
    for deal in deals:
        if spans and deal == spans[-1][1] + 1:
            spans[-1][1] = deal
        else:
            spans.append([deal, deal])
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in spans)


@cache
def _intersection(texts: frozenset[str]) -> Deals:
    """Return the deals that all ``texts`` contain."""
    return reduce(_common_deals, map(_deals, texts))


def _deals(text: str) -> Deals:
    """Parse ranges such as ``0-9,12``."""
    ends = [span.partition("-") for span in text.split(",")]
    return _united((int(low), int(high or low)) for low, _, high in ends)


def _united(spans: Iterable[tuple[int, int]]) -> Deals:
    """Put ranges in order and unite those that touch, so that equal deals are equal ranges."""
    united: list[tuple[int, int]] = []
    for low, high in sorted(span for span in spans if span[0] <= span[1]):
        if united and low <= united[-1][1] + 1:
            low, high = united[-1][0], max(united.pop()[1], high)
        united.append((low, high))
    return tuple(united)


def _common_deals(one: Deals, other: Deals) -> Deals:
    """Return the deals that are in both."""
    shared, here, there = list[tuple[int, int]](), 0, 0
    while here < len(one) and there < len(other):
        (low, high), (least, most) = one[here], other[there]
        shared.append((max(low, least), min(high, most)))
        here, there = (here + 1, there) if high < most else (here, there + 1)
    return _united(shared)
