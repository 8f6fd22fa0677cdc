"""Draw rectangular boards as text and name their cells: a1 is the top left corner."""

from collections.abc import Callable, Sequence
from functools import cache


@cache
def cell(row: int, column: int) -> str:
    """Return a cell's name: column letter, then row number, counted from the top left corner."""
    return f"{column_name(column)}{row + 1}"


def column_name(column: int) -> str:
    """Return the letter of a column, counted from 0; at most 26 columns."""
    return "abcdefghijklmnopqrstuvwxyz"[column]


def rows(rows: int, columns: int, content: Callable[[int, int], str], shift: int = 0) -> list[str]:
    """Draw the board: a line of column letters, then one line per row with row 1 on top.

    Each row starts ``shift`` spaces further right than the one above; 1 suits hexagonal cells.
    """
    width = len(str(rows))
    lines = [" " * width + " " + _letters(columns)]
    for r in range(rows):
        cells = " ".join(content(r, c) for c in range(columns))
        lines.append(" " * (shift * r) + f"{r + 1:>{width}} {cells}")
    return lines


@cache
def _letters(columns: int) -> str:
    return " ".join(map(column_name, range(columns)))


def listing(words: Sequence[str]) -> str:
    """Join words with commas; return "none" if there are no words."""
    return ", ".join(words) if words else "none"


def from_to(label: str) -> tuple[str, ...]:
    """Return short spellings of "a2 to a3" (a2-a3) or "a2 takes b3" (a2xb3, a2-b3)."""
    start, verb, target = label.split()
    return (f"{start}-{target}", f"{start}x{target}") if verb == "takes" else (f"{start}-{target}",)
