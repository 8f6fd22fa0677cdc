"""Deals of single games: every matchup of a game gets them, and nothing else changes."""

from pathlib import Path
from typing import Any

import pytest

from gamegrid.errors import UserError
from gamegrid.plan import plan

GRID: dict[str, Any] = {
    "games": ["nim", "connect_four(rows=5)"],
    "deals": 30,
    "chunk": 20,
    "agents": {name: {"type": "random"} for name in "abc"},
}


def blocks(**changes: Any) -> dict[str, set[str]]:
    chunks = plan.make({**GRID, **changes}, Path()).chunks
    found: dict[str, set[str]] = {}
    for chunk in chunks:
        found.setdefault(chunk.cell.game.name, set()).add(f"{chunk.start}-{chunk.stop}")
    return found


def test_all_matchups_of_a_game_get_its_deals_and_the_others_theirs() -> None:
    usual, (other,) = {"0-20", "20-30"}, blocks().keys() - {"nim"}
    assert blocks() == {"nim": usual, other: usual}
    assert blocks(game_deals={"nim": 50}) == {"nim": {"0-20", "20-40", "40-50"}, other: usual}
    assert blocks(game_deals={"connect_four(rows=5)": 5}) == {"nim": usual, other: {"0-5"}}


def test_deals_of_a_game_are_not_part_of_what_was_played() -> None:
    one, other = (plan.make({**GRID, "game_deals": deals}, Path()) for deals in ({}, {"nim": 50}))
    cells = [chunk.cell for chunk in one.chunks]
    assert [one.identity.params(cell) for cell in cells] == [
        other.identity.params(cell) for cell in cells
    ]


@pytest.mark.parametrize(
    ("deals", "said"),
    [
        ({"hex_4": 5}, r"game_deals: 'hex_4' is not among the grid's games \(nim, "),
        ({"nim": 0}, "game_deals.nim: .* greater than or equal to 1"),
        ({"nim": 5, "nim()": 6}, "names a game a second time"),
        ({"nimm": 5}, "nimm"),
    ],
)
def test_deals_that_fit_no_game_are_refused(deals: dict[str, int], said: str) -> None:
    with pytest.raises(UserError, match=said):
        plan.make({**GRID, "game_deals": deals}, Path())
