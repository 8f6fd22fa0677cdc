"""The stated rules of Connect Four agree with OpenSpiel on boards of several sizes."""

import re

import pytest

from arena import random_decisions
from board_text import Cells, column_letters, labels, picture
from gamegrid import games

STEPS = ((1, 0), (0, 1), (1, 1), (1, -1))


def longest(board: Cells, mark: str) -> int:
    """Return the length of the longest unbroken line of a mark."""
    held = {(ord(name[0]), int(name[1:])) for name, owner in board.items() if owner == mark}
    best = 0
    for column, row in held:
        for right, down in STEPS:
            count = 1
            while (column + right * count, row + down * count) in held:
                count += 1
            best = max(best, count)
    return best


@pytest.mark.parametrize(
    ("name", "height", "width", "line"),
    [
        ("connect_four", 6, 7, 4),
        ("connect_four_4x4", 4, 4, 4),
        ("connect_four(rows=5,columns=4,x_in_row=3)", 5, 4, 3),
        ("connect_four(rows=3,columns=9)", 3, 9, 4),
    ],
)
def test_connect_four_goes_as_its_rules_say(name: str, height: int, width: int, line: int) -> None:
    game = games.load(name)
    rules, letters = game.rules(), column_letters(width)
    assert f"one of the {width} columns of an upright board with {height} rows" in rules
    assert f"a to {letters[-1]}" in rules
    assert re.findall(r"with (\d+) discs of their own", rules) == [str(line)]
    results = set()
    for _, state in random_decisions(game, 25):
        seat = state.current_player()
        mark, board = game.seat_name(seat), picture(game.observation(state, seat))
        heights = {c: sum(name[0] == c for name in board) for c in letters}
        assert labels(game, state) == [c for c in letters if heights[c] < height]
        for action in state.legal_actions():
            column = game.label(state, seat, action)
            after = state.child(action)
            shown = picture(game.observation(after, seat))
            assert shown == board | {f"{column}{height - heights[column]}": mark}
            won, full = longest(shown, mark) >= line, len(shown) == height * width
            assert after.is_terminal() is (won or full)
            assert after.returns()[seat] == float(won)
            if after.is_terminal():
                results.add((seat, won))
    assert {(0, True), (1, True)} <= results
