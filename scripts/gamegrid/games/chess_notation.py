"""Other ways in which chess players write a move, beside the label."""

from collections.abc import Mapping, Sequence

import pyspiel

from gamegrid.games.labels import normalise

CASTLING = {
    "O-O": ("0-0", "castle kingside", "castles kingside", "kingside castling", "castle short"),
    "O-O-O": (
        "0-0-0",
        "castle queenside",
        "castles queenside",
        "queenside castling",
        "castle long",
    ),
}
FIGURINES = {"K": "♔♚", "Q": "♕♛", "R": "♖♜", "B": "♗♝", "N": "♘♞"}


def spellings(
    state: pyspiel.State, labels: Sequence[str], number: int, passed: str
) -> Mapping[str, tuple[str, ...]]:
    """Return the other spellings of the legal moves, by label, each of which names one move only.

    These are coordinates (``e2e4``, ``Ng1-f3``), captures without the sign for it, more origin than
    needed (``Ngf3``), figurines, castling with zeros or in words, ``e.p.``, and the label after the
    ``number`` of the move (``12. Nf3``). ``labels`` are in the order of the legal actions.
    ``passed`` is the square where a capture is en passant, or ``-``.
    """
    board = state.board()
    written = {
        label: _written(label, pyspiel.chess.action_to_move(action, board).to_lan(), number, passed)
        for action, label in zip(state.legal_actions(), labels, strict=True)
    }
    named: dict[str, set[str]] = {}
    for label, spelt in written.items():
        for name in (label, *spelt):
            named.setdefault(normalise(name), set()).add(label)
    return {
        label: tuple(name for name in spelt if named[normalise(name)] == {label})
        for label, spelt in written.items()
    }


def _written(label: str, lan: str, number: int, passed: str) -> tuple[str, ...]:
    """Return spellings of one move. ``lan`` holds origin and target, then a promotion if any."""
    origin, target, promotion = lan[:2], lan[2:4], lan[4:]
    takes = "x" if "x" in label else ""
    pawn = label[0] not in FIGURINES and label not in CASTLING
    others = [lan, *CASTLING.get(label, ())]
    if pawn and takes:
        others += [f"{origin}x{target}{promotion}", f"{origin[0]}{target}{promotion}"]
        others += [f"{label} e.p.", f"{label} en passant"] if target == passed else []
    elif label not in CASTLING:
        starts = ("", origin[0], origin[1], origin)
        others += [label[0] + start + x + target for start in starts for x in {takes, ""}]
        others += [figurine + label[1:] for figurine in FIGURINES.get(label[0], "")]
    usual = [label, *CASTLING.get(label, ())[:1], *others[-2:]]
    return tuple(dict.fromkeys([*others, *(f"{number}. {move}" for move in usual)]))
