"""Open questions: what the anytime interval says, and how far to play on."""

from pathlib import Path
from typing import Any

import pytest

from gamegrid.jobs.allocation import advice
from gamegrid.plan import plan
from gamegrid.records import chunkfile, registrations
from gamegrid.records.registrations import GamePlan, PlannedQuestions
from gamegrid.store.database import Sources, build
from gamegrid.store.grid_rows import Rows
from store_samples import AGENTS, GAMES, pair, query, run

TTT, HEX, NIM = "tic_tac_toe", "hex_4", "hex_5"
PLAN = PlannedQuestions(
    pairs=(("a", "b"),),
    games={TTT: GamePlan(deals=40, margin=0.3)},
    cells={f"{TTT}/a--b": "x"},
)


def built(results: Path, wins: dict[str, list[int]], planned: PlannedQuestions | None) -> Path:
    """Build results in which a wins deal after deal from both seats, or loses."""
    episodes = [
        episode
        for game, deals in wins.items()
        for deal, win in enumerate(deals)
        for episode in pair(game, "a", "b", deal, win, win)
    ]
    chunk, database = results / "chunk.parquet", results / "gamegrid.duckdb"
    chunkfile.write(chunk, run(), episodes, "{}")
    registrations.note(results, planned)
    sources = Sources(chunks=[chunk], registrations=results / registrations.NAME)
    build(database, Rows(agents=AGENTS, games=GAMES), sources)
    return database


def rows(database: Path) -> dict[str, tuple[Any, ...]]:
    found = query(database, "SELECT game, answer, deals_needed, next_deals FROM further_deals")
    return {game: row for game, *row in ((row[0], *row[1:]) for row in found)}  # type: ignore[misc]


def test_a_decided_question_gets_no_deals_and_an_open_one_at_most_twice_as_many(
    tmp_path: Path,
) -> None:
    """All of 30 deals won: decided. 22 of 40 won: open, far off. 3 of 5: before the first look."""
    wins = {TTT: [1] * 30, HEX: [1] * 22 + [0] * 18, NIM: [1, 1, 1, 0, 0]}
    found = rows(built(tmp_path, wins, None))
    assert list(found[TTT]) == ["better", None, None]
    assert list(found[NIM]) == ["open", 20, 20]
    answer, needed, further = found[HEX]
    assert (answer, further) == ("open", 80) and needed > 80


def test_needs_beyond_reach_are_not_played_for(tmp_path: Path) -> None:
    assert list(rows(built(tmp_path, {TTT: [1, 0] * 20}, None))[TTT]) == ["open", None, None]


def test_with_a_plan_only_primary_questions_are_played_on(tmp_path: Path) -> None:
    wins = {game: [1] * 13 + [0] * 11 for game in (TTT, HEX)}
    found = rows(built(tmp_path, wins, PLAN))
    assert found[TTT][2] == 48 and found[HEX][2] is None
    assert found[HEX][1] is not None  # what would decide it is said anyway


def test_equivalence_decides_too(tmp_path: Path) -> None:
    """1,000 deals, half of them won: the interval is within .3 of 0."""
    found = rows(built(tmp_path, {TTT: [1, 0] * 500}, PLAN))
    assert list(found[TTT]) == ["equivalent", None, None]


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"deals": 24}, "game_deals: {tic_tac_toe: 48}"),
        ({"deals": 24, "game_deals": {"nim": 9}}, "game_deals: {nim: 9, tic_tac_toe: 48}"),
        ({"deals": 60}, "already asks for these deals"),
    ],
)
def test_the_advice_is_a_line_of_the_configuration(
    tmp_path: Path, stated: dict[str, Any], said: str
) -> None:
    database = built(tmp_path, {TTT: [1] * 13 + [0] * 11}, None)
    agents = {name: {"type": "random"} for name in "ab"}
    grid = plan.make({"games": [TTT, "nim"], "agents": agents, **stated}, tmp_path)
    text = advice(grid, database)
    assert said in text
    assert "tic_tac_toe: a against b" in text and "after 24 deals" in text


def test_nothing_open_is_said(tmp_path: Path) -> None:
    database = built(tmp_path, {TTT: [1] * 30}, None)
    agents = {name: {"type": "random"} for name in "ab"}
    grid = plan.make({"games": [TTT], "agents": agents}, tmp_path)
    assert "no question is open" in advice(grid, database)
