"""Draw chess: a board with White's side at the bottom, as in printed diagrams."""

from collections.abc import Iterator, Sequence

import pyspiel

from gamegrid.games.chess import SIDE, Chess
from gamegrid.games.grids import column_name
from gamegrid.report.boards import pgn, squares, svg
from gamegrid.report.boards.board import Board, Notation, Spot
from gamegrid.report.boards.squares import CELL

GLYPHS = {"k": "♚", "q": "♛", "r": "♜", "b": "♝", "n": "♞", "p": "♟"}
"""The same shapes for both sides, which differ in their fill."""
PLAIN = "\ufe0e"
"""The variation selector that asks for a plain glyph instead of a coloured emoji."""
LIGHT, DARK = "#e6ddcb", "#b9a88e"
NEW, NEW_EDGE = "#9fd0a0", "#1f5f33"
"""The fill and the edge of squares that the last move changed; the board has one theme."""
SIDES = {"white": ("#fff", "#222"), "black": ("#151515", "#777")}
"""The fill and the edge of the pieces."""


def draw(game: Chess, state: pyspiel.State) -> str:
    """Draw the pieces, and mark the squares that the last move changed."""
    rows = _rows(state)
    pieces = [(row, column, letter) for row, column, letter in _letters(rows) if letter != "."]
    parts = [
        svg.shape("rect", width=CELL * SIDE, height=CELL * SIDE, fill=LIGHT),
        svg.shape("path", d=_dark(), fill=DARK),
        svg.group(
            "last",
            map(_edge, _changed(rows, state)),
            fill=NEW,
            stroke=NEW_EDGE,
            fill_opacity=0.55,
            stroke_width=0.9,
        ),
        *(
            svg.group(
                name,
                (
                    svg.text(GLYPHS[letter.lower()] + PLAIN, x=CELL * column + 5, y=CELL * row + 8)
                    for row, column, letter in pieces
                    if letter.isupper() == (name == "white")
                ),
                fill=fill,
                stroke=edge,
                stroke_width=0.3,
                font_size=8.5,
                text_anchor="middle",
            )
            for name, (fill, edge) in SIDES.items()
        ),
    ]
    ranks = [str(rank) for rank in range(SIDE, 0, -1)]
    files = [column_name(column) for column in range(SIDE)]
    words = f"{game.title}: {state.observation_string(0)}"
    return squares.board(words, SIDE, SIDE, parts, (ranks, files), "wood")


def _rows(state: pyspiel.State) -> list[str]:
    """Return the pieces as letters of Forsyth-Edwards notation, from rank 8 down."""
    placement = state.observation_string(0).split()[0]
    return [
        "".join("." * int(mark) if mark.isdecimal() else mark for mark in rank)
        for rank in placement.split("/")
    ]


def _letters(rows: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    return ((r, c, letter) for r, row in enumerate(rows) for c, letter in enumerate(row))


def _changed(rows: Sequence[str], state: pyspiel.State) -> list[squares.Square]:
    moves = state.full_history()
    if not moves:
        return []
    before = state.clone()
    before.undo_action(moves[-1].player, moves[-1].action)
    old = _rows(before)
    return [(r, c) for r, c, letter in _letters(rows) if old[r][c] != letter]


def _edge(place: squares.Square) -> str:
    row, column = place
    return svg.shape(
        "rect", x=CELL * column + 0.45, y=CELL * row + 0.45, width=CELL - 0.9, height=CELL - 0.9
    )


def _dark() -> str:
    places = ((r, c) for r in range(SIDE) for c in range(SIDE) if (r + c) % 2)
    return "".join(f"M{CELL * c} {CELL * r}h10v10h-10z" for r, c in places)


def spot(game: Chess, state: pyspiel.State, action: int) -> Spot:
    """Return the arrow of a move; in castling, the king's."""
    written = pyspiel.chess.action_to_move(action, state.board()).to_lan()
    return squares.arrow(_square(written[:2]), _square(written[2:4]))


def _square(name: str) -> squares.Square:
    return SIDE - int(name[1]), ord(name[0]) - ord("a")


BOARD = Board(Chess, draw, spot, notation=Notation("FEN", pgn.position, "PGN", pgn.record))
