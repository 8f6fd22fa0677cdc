"""Reads the shapes of a drawing back, and states of OpenSpiel in the same form."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pyspiel

from gamegrid.games.game import Game
from gamegrid.report import boards

SVG = "{http://www.w3.org/2000/svg}"
GLYPHS = dict(zip("♚♛♜♝♞♟", "kqrbnp", strict=True))


Grid = list[str]


def drawn(game: Game, state: pyspiel.State) -> Element:
    drawing = boards.draw(game, state)
    assert drawing is not None
    return ElementTree.fromstring(drawing)


def of(root: Element, name: str, tag: str) -> list[Element]:
    """The elements of a tag within everything of a class."""
    return [found for g in root.iter() if g.get("class") == name for found in g.iter(SVG + tag)]


def at(one: Element) -> tuple[float, float]:
    """Where a circle or a text is, or a path begins: across, down."""
    if one.tag == SVG + "path":
        found = re.match(r"M([\d.]+) ([\d.]+)", one.get("d", ""))
        assert found
        return float(found[1]), float(found[2])
    return tuple(float(one.get("c" + n) or one.get(n) or "nan") for n in "xy")  # type: ignore[return-value]


def grid(rows: int, columns: int, marks: dict[tuple[int, int], str]) -> Grid:
    return ["".join(marks.get((r, c), ".") for c in range(columns)) for r in range(rows)]


def cells(rows: int, columns: int, names: str = "xo") -> Callable[[Element, Game], Grid]:
    """Marks of both seats by the cell that they lie in."""

    def read(root: Element, game: Game) -> Grid:
        marks = {}
        for seat, mark in enumerate(names):
            for tag in ("circle", "path"):
                for one in of(root, f"seat-{seat}", tag):
                    across, down = at(one)
                    place = int(down // 10), int(across // 10)
                    assert place not in marks
                    marks[place] = mark
        return grid(rows, columns, marks)

    return read


def hexes(root: Element, game: Game) -> Grid:
    side = game.spiel.get_parameters()["board_size"]
    marks = {}
    for seat, mark in enumerate("xo"):
        for one in of(root, f"seat-{seat}", "circle"):
            across, down = at(one)
            row = (down - 6) / 9
            column = (across - 5 - 5 * row) / 10
            assert row.is_integer() and column.is_integer()
            marks[int(row), int(column)] = mark
    return grid(side, side, marks)


def pieces(root: Element, game: Game) -> Grid:
    marks = {}
    for name, write in (("white", str.upper), ("black", str.lower)):
        for one in of(root, name, "text"):
            across, down = at(one)
            marks[int(down // 10), int(across // 10)] = write(GLYPHS[(one.text or "")[0]])
    return grid(8, 8, marks)


def piles(root: Element, game: Game) -> dict[str, int]:
    """Objects by the name on their row."""
    names = {at(one)[1] // 10: one.text or "" for one in of(root, "axis", "text")}
    rows = [at(one)[1] // 10 for one in of(root, "pile", "circle")]
    return {name: rows.count(row) for row, name in names.items()}


def lines(root: Element, game: Game) -> tuple[set[int], Grid]:
    """The lines by OpenSpiel's numbers, and the owners of boxes."""
    size = game.spiel.get_parameters()
    rows, columns = size["num_rows"], size["num_cols"]
    found = set()
    for one in of(root, "lines", "path"):
        column, row = (int(number // 10) for number in at(one))
        along = "h" in (one.get("d") or "")
        found.add(row * columns + column if along
                  else (rows + 1) * columns + row * (columns + 1) + column)  # fmt: skip
    marks = {
        (int(float(one.get("y") or 0) // 10), int(float(one.get("x") or 0) // 10)): str(seat + 1)
        for seat in (0, 1)
        for one in of(root, f"seat-{seat}", "rect")
    }
    return found, grid(rows, columns, marks)


def held(root: Element, game: Game) -> list[list[int]]:
    """Numbers by the row they are in, told by place and by word alike."""
    rows: list[list[int]] = [[], [], []]
    for one in of(root, "numbers", "text"):
        across, down = at(one)
        assert int(across // 10) + 1 == int(one.text or "")
        rows[int(down // 10)].append(int(one.text or ""))
    return [sorted(row) for row in rows]


@dataclass(frozen=True)
class Read:
    """A table that was read: cards and note by name, and the lines below."""

    cards: dict[str, list[str]]
    notes: dict[str, str]
    lines: list[list[str]]


def table(root: Element) -> Read:
    """Hands by their names, and lines by height, columns from left to right."""
    cards, notes = {}, {}
    for hand in (g for g in root.iter() if g.get("class") == "hand"):
        [name] = [one.text or "" for one in of(hand, "name", "text")]
        faces = sorted(of(hand, "face", "text"), key=lambda one: at(one)[0])
        cards[name] = [one.text or "" for one in faces]
        notes[name] = "".join(one.text or "" for one in of(hand, "beside", "text"))
    words = sorted(of(root, "line", "text"), key=lambda one: at(one)[::-1])
    heights = sorted({at(one)[1] for one in words})
    return Read(cards, notes, [[w.text or "" for w in words if at(w)[1] == h] for h in heights])


def text(state: pyspiel.State) -> Grid:
    return str(state).split("\n")


def breakthrough(state: pyspiel.State) -> Grid:
    rows = [re.fullmatch(r"\d+([bw.]+)", line) for line in text(state)]
    return [row[1].translate(str.maketrans("bw", "xo")) for row in rows if row]


def othello(state: pyspiel.State) -> Grid:
    rows = [re.fullmatch(r"\d (.*) \d", line) for line in text(state)]
    return [row[1].replace(" ", "").replace("-", ".") for row in rows if row]


def go(state: pyspiel.State) -> Grid:
    rows = [re.fullmatch(r" *\d+ ([XO+]+)", line) for line in text(state)]
    return [row[1].replace("+", ".") for row in rows if row]


def fen(state: pyspiel.State) -> Grid:
    ranks = str(state).split()[0].split("/")
    return [re.sub(r"\d", lambda found: "." * int(found[0]), rank) for rank in ranks]


def sizes(*names: str) -> Callable[[pyspiel.State], dict[str, int]]:
    return lambda state: dict(zip(names, map(int, str(state).split(":")[1].split()), strict=True))


def dots(state: pyspiel.State) -> tuple[set[int], Grid]:
    owners = [line[2::4] for line in text(state)[1::2] if line]
    return set(state.history()), [row.replace(" ", ".") for row in owners]


def picked(state: pyspiel.State) -> list[list[int]]:
    """The numbers of a magic square, by mark of its cells."""
    marks = str(state).replace("\n", "")
    return [
        sorted(n for n, mark in zip(SQUARE, marks, strict=True) if mark == own) for own in "x.o"
    ]


SQUARE = (2, 7, 6, 9, 5, 1, 4, 3, 8)


BOARDS: dict[str, tuple[Callable[[Element, Game], Any], Callable[[pyspiel.State], Any]]] = {
    "tic_tac_toe": (cells(3, 3), text),
    "misere_tic_tac_toe": (cells(3, 3), text),
    "connect_four": (cells(6, 7), lambda state: text(state)[:6]),
    "sliding_crates": (cells(4, 4), lambda state: text(state)[:4]),
    "hex": (hexes, lambda state: str(state).replace(" ", "").split("\n")),
    "hex_4": (hexes, lambda state: str(state).replace(" ", "").split("\n")),
    "breakthrough": (cells(8, 8), breakthrough),
    "breakthrough_5x4": (cells(5, 4), breakthrough),
    "othello": (cells(8, 8), othello),
    "go_9": (cells(9, 9, "XO"), go),
    "chess": (pieces, fen),
    "nim": (piles, sizes("pile 1", "pile 2", "pile 3", "pile 4")),
    "lanterns": (piles, sizes("Mill Street", "Bridge Street", "Garden Street", "Market Street")),
    "number_scrabble": (held, picked),
    "dots_and_boxes": (lines, dots),
    "dots_and_boxes_3x3": (lines, dots),
}
