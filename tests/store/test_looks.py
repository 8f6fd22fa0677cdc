"""Looks: tables record each set of deals once, and count looks separately per comparison."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gamegrid.errors import UserError
from gamegrid.records import chunkfile
from gamegrid.store import looks, tables
from gamegrid.store.database import Sources, build
from gamegrid.store.grid_rows import Rows
from store_samples import AGENTS, GAMES, agent, money, pair, query, run

TTT, KUHN = "tic_tac_toe", "kuhn_poker"


def built(folder: Path, deals: int, pairs: Sequence[str] = ("ab", "ac", "bc"), **more: Any) -> Path:
    """Build tables of ``deals`` deals of two games as the workflow does, and record the look."""
    episodes = [
        episode
        for one, other in pairs
        for deal in range(deals)
        for episode in (
            *pair(TTT, one, other, deal, 1, deal % 2),
            *money(KUHN, one, other, deal, 1.0, -2.0),
        )
    ]
    folder.mkdir(exist_ok=True)
    chunk, database = folder / f"{deals}.parquet", folder / "gamegrid.duckdb"
    chunkfile.write(chunk, run(), episodes, "{}")
    build(
        database,
        Rows(agents=more.get("agents", AGENTS), games=GAMES),
        Sources(chunks=[chunk], looks=folder / looks.NAME),
    )
    looks.note(folder / looks.NAME, database)
    return database


def numbers(database: Path, where: str = "true") -> set[int]:
    return {look for (look,) in query(database, f"SELECT look FROM paired WHERE {where}")}


def test_deals_that_are_added_are_another_look_and_the_same_are_the_same(tmp_path: Path) -> None:
    for deals, look in ((3, 1), (5, 2), (5, 2), (3, 1)):
        database = built(tmp_path, deals)
        assert numbers(database) == {look}
        # A look that was recorded but not built, as in an interrupted build, counts once.
        looks.note(tmp_path / looks.NAME, database)
    assert len(looks.read(tmp_path / looks.NAME)) == 2


def test_only_the_comparisons_that_got_deals_are_looked_at_again(tmp_path: Path) -> None:
    """The comparison of a and b is new without c, because c was another opponent for both."""
    built(tmp_path, 3, pairs=("ab",))
    assert numbers(built(tmp_path, 3)) == {1}
    assert numbers(built(tmp_path, 4, pairs=("ab",))) == {2}
    warmer = [agent(each.agent, params=f'{{"t":"{each.agent == "c"}"}}') for each in AGENTS]
    assert numbers(built(tmp_path, 3, agents=warmer)) == {1}


def test_people_are_told_from_the_second_look_on(tmp_path: Path) -> None:
    once = built(tmp_path, 3)
    assert "Look" not in tables.leaderboard_text(once)
    again = built(tmp_path, 6)
    assert tables.leaderboard_text(again).startswith("Look 2: ")
    tables.write_tables(again, tmp_path / "tables")
    assert "\n**Look 2: " in (tmp_path / "tables/README.md").read_text("utf-8")


def test_a_torn_line_was_never_seen_and_a_strange_one_is_refused(tmp_path: Path) -> None:
    built(tmp_path, 3)
    record = tmp_path / looks.NAME
    whole = record.read_bytes()
    record.write_bytes(whole + whole[: len(whole) // 2])
    assert looks.read(record) == looks.read(record)[:1]
    assert numbers(built(tmp_path, 5)) == {2}
    assert len(record.read_text().splitlines()) == 2
    record.write_text('{"cells": 1}\nno look\n')
    with pytest.raises(UserError, match="Remove that line"):
        looks.read(record)


def test_others_looks_are_joined_once(tmp_path: Path) -> None:
    ours, theirs = (tmp_path / name / looks.NAME for name in ("ours", "theirs"))
    built(ours.parent, 3, pairs=("ab",))
    for deals in (2, 4):
        built(theirs.parent, deals, pairs=("ac",))
    for _ in range(2):
        looks.merge(theirs, ours)
    assert looks.read(ours)[1:] == looks.read(theirs)
    assert numbers(built(ours.parent, 6, pairs=("ac",))) == {3}
    looks.merge(tmp_path / "nobody" / looks.NAME, ours)
    assert len(ours.read_text().splitlines()) == 4


@pytest.mark.parametrize("seed", range(20))
def test_the_number_is_that_of_the_different_sets_seen(seed: int) -> None:
    """Compare with sets of numbers, over random deals of two matchups of one game."""
    luck = np.random.default_rng(seed)
    sets = [
        [set(np.flatnonzero(luck.random(12) < 0.7).tolist()) for _ in "xy"]
        for _ in range(luck.integers(1, 6))
    ]
    cells = [
        {
            "g": {
                name: [looks._text(sorted(deals)), "same"]
                for name, deals in zip("xy", two, strict=True)
            }
        }
        for two in sets
    ]
    seen = list[set[int]]()
    for number, (one, other) in enumerate(sets):
        if (common := one & other) not in seen:
            seen.append(common)
        found = looks.Looks(cells[:number], cells[number]).number({"g": {"x", "y"}})
        assert found == (seen.index(common) + 1 if common else None)
        seen = [each for each in seen if each]
