"""Looks: which deals tables were made of, time after time, in results/looks.jsonl.

Whoever sees results, adds deals because of them and looks again has had more than one chance to be
misled. So each time tables are made, interim ones too, the deals that count are noted, a line a
time; the same deals once more are the same look. Snakemake does not know the file, as it does not
know the journal.
"""

import fcntl
import json
import os
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, reduce
from io import BufferedRandom
from pathlib import Path
from typing import TypeAlias

import duckdb

from gamegrid.errors import UserError
from gamegrid.records import duckdb_files

NAME = "looks.jsonl"

Deals: TypeAlias = frozenset[int]
Cells: TypeAlias = Mapping[str, Mapping[str, Sequence[str]]]
"""By game and matchup the deals that count, as in ``0-9,12``, and a digest of what was played: the
game, the seed and the agents with their settings."""

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


@dataclass(frozen=True, slots=True)
class Looks:
    """What was seen before, in order, and what is seen now."""

    before: Sequence[Cells]
    now: Cells

    def number(self, games: Mapping[str, Collection[str]]) -> int | None:
        """Which look this is, from 1, at the deals that matchups of ``games`` have in common.

        Other matchups or settings of an agent are another question, with looks of its own. Deals
        seen before are the look they were, whatever was seen since. None where there are no deals.
        """
        now = self._common(self.now, games)
        if now is None:
            return None
        seen = [self._common(cells, games) for cells in self.before]
        return list(dict.fromkeys([*(deals for deals in seen if deals), now])).index(now) + 1

    def _common(
        self, cells: Cells, games: Mapping[str, Collection[str]]
    ) -> tuple[Deals, ...] | None:
        """The common deals of each game; None where there are none or other play was seen."""
        found = []
        for game, matchups in games.items():
            held, mine = cells.get(game, {}), self.now.get(game, {})
            if any(name not in held or held[name][1] != mine[name][1] for name in matchups):
                return None
            found.append(_intersection(frozenset(held[name][0] for name in matchups)))
        return tuple(found) if all(found) else None


def counted(connection: duckdb.DuckDBPyConnection) -> Cells:
    """What counts in a database, its views being there."""
    found: dict[str, dict[str, Sequence[str]]] = {}
    for game, matchup, deals, play in connection.execute(_COUNTED).fetchall():
        found.setdefault(game, {})[matchup] = [_text(deals), play]
    return found


def read(path: Path) -> list[Cells]:
    """What was seen, in order; nothing where there is no file. A torn last line was never seen.

    Raises UserError for a line that cannot be read.
    """
    return _lines(path.read_bytes(), path) if path.exists() else []


def note(path: Path, database: Path) -> None:
    """Add what a built database counts, if that was not seen before."""
    with closing(duckdb_files.connect(database, read_only=True)) as connection:
        _add(path, [counted(connection)])


def merge(theirs: Path, ours: Path) -> None:
    """Add what only others have seen: their deals join ours."""
    if seen := read(theirs):
        _add(ours, seen)


def _add(path: Path, seen: Sequence[Cells]) -> None:
    """Append what is not there, under a lock: an interim look may be noted beside a run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        known = _whole(file, path)
        for cells in seen:
            if cells and cells not in known:
                line = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "cells": cells}
                file.write(json.dumps(line).encode() + b"\n")
                known.append(cells)
        file.flush()
        os.fsync(file.fileno())


def _whole(file: BufferedRandom, path: Path) -> list[Cells]:
    """The lines of an open file, without what a crash tore."""
    file.seek(0)
    text = file.read()
    file.truncate(text.rfind(b"\n") + 1)
    return _lines(text, path)


def _lines(text: bytes, path: Path) -> list[Cells]:
    whole = text[: text.rfind(b"\n") + 1].splitlines()
    try:
        return [json.loads(line)["cells"] for line in whole]
    except (ValueError, TypeError, KeyError) as error:
        raise UserError(
            f"{path} has a line that is no look. Remove that line; the tables then count one look "
            f"less."
        ) from error


def _text(deals: Sequence[int]) -> str:
    """Rising numbers as ranges: ``0-9,12``."""
    spans: list[list[int]] = []
    for deal in deals:
        if spans and deal == spans[-1][1] + 1:
            spans[-1][1] = deal
        else:
            spans.append([deal, deal])
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in spans)


@cache
def _intersection(texts: frozenset[str]) -> Deals:
    """The deals that all of some ranges have."""
    return reduce(frozenset.intersection, map(_deals, texts))


def _deals(text: str) -> Deals:
    """The reverse of _text."""
    ends = [span.partition("-") for span in text.split(",")]
    return frozenset(
        deal for low, _, high in ends for deal in range(int(low), int(high or low) + 1)
    )
