"""Boards and labels, read back from the text that a seat is shown."""

import pyspiel

from gamegrid.games.game import Game

Cells = dict[str, str]
"""The marks of a board by cell name, empty cells left out."""


def picture(observation: str) -> Cells:
    """Read the board of ``grids.rows`` back: the line of letters, then the numbered rows."""
    lines = [line.split() for line in observation.split("\n")]
    top = next(n for n, line in enumerate(lines) if line and set(map(len, line)) == {1})
    letters, cells = lines[top], {}
    for row, *marks in lines[top + 1 :]:
        if row.isdecimal():
            cells |= {f"{c}{row}": m for c, m in zip(letters, marks, strict=True) if m != "."}
    return cells


def labels(game: Game, state: pyspiel.State) -> list[str]:
    """The legal moves of the seat to move, as it is told them."""
    seat = state.current_player()
    return [game.label(state, seat, action) for action in state.legal_actions()]


def column_letters(count: int) -> str:
    return "abcdefghijklmnopqrstuvwxyz"[:count]


LINES = [
    *({f"{c}{r}" for c in "abc"} for r in "123"),
    *({f"{c}{r}" for r in "123"} for c in "abc"),
    {"a1", "b2", "c3"},
    {"c1", "b2", "a3"},
]


def neighbours(name: str) -> set[str]:
    """The neighbours of a cell as the rules of Hex tell them, some of them off the board."""
    column, row = ord(name[0]), int(name[1:])
    return {
        f"{chr(column + c)}{row + r}"
        for r, c in ((0, -1), (0, 1), (-1, 0), (-1, 1), (1, 0), (1, -1))
    }


def joins(stones: set[str], start: set[str], goal: set[str]) -> bool:
    """Tell whether a chain of neighbouring stones leads from start to goal."""
    reached, waiting = set[str](), list(stones & start)
    while waiting:
        here = waiting.pop()
        reached.add(here)
        waiting += (neighbours(here) & stones) - reached
    return bool(reached & goal)
