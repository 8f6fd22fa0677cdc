"""Primary questions: only what was planned before it was played, and every deviation is listed."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from gamegrid.records import chunkfile, registrations
from gamegrid.records.registrations import GamePlan, MeanPlan, PlannedQuestions
from gamegrid.stats.paired import holm
from gamegrid.store import looks, manifest
from gamegrid.store.database import Sources, build
from gamegrid.store.grid_rows import Rows
from store_samples import AGENTS, GAMES, money, pair, query, run

TTT, KUHN, HEX = "tic_tac_toe", "kuhn_poker", "hex_4"
CELLS = {f"{game}/{matchup}": game for game in (TTT, KUHN) for matchup in ("a--b", "a--c", "b--c")}
PLAN = PlannedQuestions(
    pairs=(("a", "b"), ("a", "c")),
    games={TTT: GamePlan(deals=20, margin=0.2), KUHN: GamePlan(deals=20)},
    cells=CELLS,
)


def other(**changes: Any) -> PlannedQuestions:
    return PLAN.model_copy(update=changes)


def note(results: Path, plan: PlannedQuestions | None, at: str, played: Sequence[str] = ()) -> None:
    """Put a plan on file as if it had been seen at ``at``."""
    each = registrations.Registration(at, plan or PlannedQuestions(), frozenset(played))
    with (results / registrations.NAME).open("a") as file:
        file.write(json.dumps(each.line) + "\n")


def built(
    results: Path,
    deals: int = 20,
    pairs: Sequence[str] = ("ab", "ac", "bc"),
    games: Sequence[str] = (TTT,),
    shard: str | None = None,
) -> Path:
    """Build the results of games in which a wins four of five deals, and take a look."""
    episodes = [
        episode
        for one, two in pairs
        for deal in range(deals)
        for episode in (
            *(
                episode
                for game in games
                for episode in pair(game, one, two, deal, 1, (deal + ord(two)) % 2)
            ),
            *money(KUHN, one, two, deal, 1.0, -1.0 if deal % 5 else 2.0),
        )
    ]
    chunk, database = results / f"{deals}.parquet", results / "gamegrid.duckdb"
    chunkfile.write(chunk, run(), episodes, "{}")
    sources = Sources(
        chunks=[chunk],
        looks=results / looks.NAME,
        registrations=results / registrations.NAME,
    )
    build(database, Rows(agents=AGENTS, games=GAMES, shard=shard), sources)
    return database


def roles(database: Path) -> dict[tuple[Any, ...], str | None]:
    rows = query(database, "SELECT game, agent, rival, role FROM paired")
    return {row[:3]: row[3] for row in rows}


def deviations(database: Path) -> list[tuple[Any, ...]]:
    return query(
        database, "SELECT deviation, game, agent, rival, matchup, planned, found FROM deviations"
    )


def test_without_a_plan_no_question_has_a_role(tmp_path: Path) -> None:
    database = built(tmp_path)
    assert set(roles(database).values()) == {None}
    for table in ("preregistration", "deviations", "equivalence"):
        assert query(database, f"SELECT * FROM {table}") == []


def test_planned_questions_are_primary_and_all_others_exploratory(tmp_path: Path) -> None:
    note(tmp_path, PLAN, "2025-01-01T00:00:00+00:00")
    database = built(tmp_path)
    primary = {key for key, role in roles(database).items() if role == "primary"}
    assert primary == {(game, "a", rival) for game in (TTT, KUHN) for rival in "bc"}
    assert {role for key, role in roles(database).items() if key not in primary} == {"exploratory"}
    assert deviations(database) == []
    assert query(
        database,
        "SELECT game, agent, rival, planned_deals, deals, margin, role FROM preregistration",
    ) == [
        (game, "a", rival, 20, 20, margin, "primary")
        for game, margin in ((KUHN, None), (TTT, 0.2))
        for rival in "bc"
    ]


@pytest.mark.parametrize(("deals", "listed"), [(6, 0), (7, 4)])
def test_a_shard_is_compared_with_its_part_of_the_planned_deals(
    deals: int, listed: int, tmp_path: Path
) -> None:
    """The first of three shards has 6 of 20 deals; the others have 7."""
    note(tmp_path, PLAN, "2025-01-01T00:00:00+00:00")
    found = deviations(built(tmp_path, deals=deals, shard="1/3"))
    assert [row[0] for row in found] == ["other number of deals"] * listed
    assert {row[5:] for row in found} <= {("6", "7")}


def test_p_is_adjusted_within_the_primary_family_only(tmp_path: Path) -> None:
    note(tmp_path, PLAN, "2025-01-01T00:00:00+00:00")
    rows = query(built(tmp_path), "SELECT role, game, p, p_adjusted, m FROM paired ORDER BY ALL")
    primary = [row for row in rows if row[0] == "primary"]
    assert {row[4] for row in primary} == {4}
    assert [row[3] for row in primary] == pytest.approx(holm([row[2] for row in primary]).p)
    for game in (TTT, KUHN, None):
        rest = [row for row in rows if row[:2] == ("exploratory", game)]
        assert {row[4] for row in rest} <= {1}
        assert [row[3] for row in rest] == pytest.approx(holm([row[2] for row in rest]).p)


def test_a_plan_written_after_play_makes_nothing_primary(tmp_path: Path) -> None:
    """Tic-tac-toe had been played between b and c only, and for this pair alone it matters."""
    looks.merge(_looked(tmp_path, "2025-01-02T00:00:00+00:00"), tmp_path / looks.NAME)
    note(tmp_path, PLAN, "2025-01-03T00:00:00+00:00", [f"{KUHN}/a--c", f"{TTT}/d--c"])
    database = built(tmp_path)
    primary = {key for key, role in roles(database).items() if role == "primary"}
    assert primary == {(TTT, "a", "b"), (TTT, "a", "c")}
    assert deviations(database) == [
        (
            "written after play",
            KUHN,
            "a",
            rival,
            None,
            None,
            "1 of its matchups played, 1 looks taken",
        )
        for rival in "bc"
    ]


def _looked(folder: Path, at: str) -> Path:
    path = folder / "theirs.jsonl"
    path.write_text(json.dumps({"at": at, "cells": {TTT: {"c--d": ["0-3", "x"]}}}) + "\n")
    return path


def test_the_first_plan_counts_and_what_later_ones_change_is_listed(tmp_path: Path) -> None:
    note(tmp_path, PLAN, "2025-01-01T00:00:00+00:00")
    played = list(CELLS)
    changed = other(
        pairs=(("a", "b"), ("b", "c")),
        games={TTT: GamePlan(deals=40, margin=0.3), KUHN: GamePlan(deals=20)},
    )
    note(tmp_path, changed, "2025-01-02T00:00:00+00:00", played)
    database = built(tmp_path, deals=25)
    primary = {key for key, role in roles(database).items() if role == "primary"}
    assert primary == {(game, "a", rival) for game in (TTT, KUHN) for rival in "bc"}
    late = "3 of its matchups played, 0 looks taken"
    assert set(deviations(database)) == {
        ("margin changed", TTT, "a", "b", None, "0.2", "0.3"),
        ("planned deals changed", TTT, "a", "b", None, "20", "40"),
        *(("no longer planned", game, "a", "c", None, None, None) for game in (TTT, KUHN)),
        *(("written after play", game, "b", "c", None, None, late) for game in (TTT, KUHN)),
        *(
            ("other number of deals", game, "a", rival, None, "20", "25")
            for game in (TTT, KUHN)
            for rival in "bc"
        ),
        ("other number of deals", TTT, "b", "c", None, "40", "25"),
        ("other number of deals", KUHN, "b", "c", None, "20", "25"),
    }
    since = query(database, "SELECT DISTINCT since FROM deviations WHERE deviation LIKE '%changed'")
    assert since == [("2025-01-02T00:00:00+00:00",)]


def test_a_plan_that_is_taken_out_of_the_configuration_is_not_forgotten(tmp_path: Path) -> None:
    note(tmp_path, PLAN, "2025-01-01T00:00:00+00:00")
    note(tmp_path, None, "2025-01-02T00:00:00+00:00", list(CELLS))
    database = built(tmp_path)
    assert "primary" in roles(database).values()
    assert [row[0] for row in deviations(database)] == ["no longer planned"] * 4


def test_a_grid_that_changes_after_the_plan_is_listed(tmp_path: Path) -> None:
    """An added opponent changes the comparison; so do another temperature and another seed."""
    note(tmp_path, PLAN, "2025-01-01T00:00:00+00:00")
    cells = {**CELLS, f"{TTT}/a--d": "new", f"{HEX}/a--b": "new", f"{KUHN}/a--b": "warmer"}
    del cells[f"{KUHN}/a--c"]
    note(tmp_path, other(cells=cells), "2025-01-02T00:00:00+00:00", [f"{TTT}/a--b"])
    assert deviations(built(tmp_path)) == [
        ("game added", HEX, None, None, None, None, None),
        ("matchup added", TTT, None, None, "a--d", None, None),
        ("matchup removed", KUHN, None, None, "a--c", None, None),
        ("settings changed", KUHN, None, None, "a--b", None, None),
    ]


def test_a_question_without_results_is_listed(tmp_path: Path) -> None:
    note(tmp_path, PLAN, "2025-01-01T00:00:00+00:00")
    database = built(tmp_path, pairs=("ab",))
    assert [row[:4] for row in deviations(database)] == [
        ("not compared", game, "a", "c") for game in (KUHN, TTT)
    ]
    rows = query(database, "SELECT rival, deals, deviations FROM preregistration")
    assert sorted(set(rows)) == [("b", 20, 0), ("c", 0, 1)]


def test_over_games_is_a_question_too(tmp_path: Path) -> None:
    plan = other(games={}, over_games=MeanPlan(margin=0.9), pairs=(("a", "b"),))
    note(tmp_path, plan, "2025-01-01T00:00:00+00:00")
    database = built(tmp_path, games=(TTT, HEX))
    found = query(database, "SELECT game, planned_deals, deals, role FROM preregistration")
    assert found == [(None, None, 40, "primary")]
    [(game, margin, m, verdict)] = query(
        database, "SELECT game, margin, m, anytime_verdict FROM equivalence"
    )
    assert (game, margin, m) == (None, 0.9, 1) and verdict is not None


def test_equivalence_agrees_with_its_own_interval(tmp_path: Path) -> None:
    plan = other(games={TTT: GamePlan(deals=20, margin=0.1), KUHN: GamePlan(deals=20, margin=3.0)})
    note(tmp_path, plan, "2025-01-01T00:00:00+00:00")
    rows = query(
        built(tmp_path),
        "SELECT game, margin, confidence, low, high, p_adjusted, m, verdict FROM equivalence",
    )
    assert {row[1:3] + row[6:7] for row in rows} == {(0.1, 0.975, 4), (3.0, 0.975, 4)}
    for _, margin, _, low, high, p, _, verdict in rows:
        inside = -margin < low and high < margin
        assert (verdict == "equivalent") == inside == (p <= 0.05)
    assert {row[-1] for row in rows} == {"equivalent", "not shown"}


def test_the_manifest_holds_every_plan(tmp_path: Path) -> None:
    note(tmp_path, PLAN, "2025-01-01T00:00:00+00:00")
    note(tmp_path, other(pairs=(("a", "b"),)), "2025-01-02T00:00:00+00:00", [f"{TTT}/a--b"])
    database = built(tmp_path)
    rows = {"agents": [], "games": []}
    manifest.write(tmp_path / manifest.NAME, database, {}, rows, {})
    stated = json.loads((tmp_path / manifest.NAME).read_text())["preregistration"]
    assert [(each["at"], each["played"]) for each in stated] == [
        ("2025-01-01T00:00:00+00:00", 0),
        ("2025-01-02T00:00:00+00:00", 1),
    ]
    assert stated[0]["sha256"] == PLAN.sha256
    assert PlannedQuestions.model_validate(stated[0]["plan"]) == PLAN
