"""Chess from the standard starting position."""

from collections.abc import Mapping, Sequence

import pyspiel

from gamegrid.games import chess_notation
from gamegrid.games.game import Game, Scoring, Tag
from gamegrid.games.grids import column_name, listing

SEATS = ("Black", "White")
"""Seat names in OpenSpiel's player order: White moves first but is player 1."""
SIDE = 8
PLIES = 200
LETTERS = (
    "capital letters are White's pieces, small letters Black's: K king, Q queen, R rook, B bishop, "
    "N knight, P pawn"
)
CASTLING = {
    "K": "White O-O",
    "Q": "White O-O-O",
    "k": "Black O-O",
    "q": "Black O-O-O",
}
QUIET_TO_REPEAT = 7
"""A position's third occurrence needs at least this many moves since a capture or pawn move."""


class Chess(Game):
    """OpenSpiel's chess, which declares by itself the draws that players would have to claim.

    Labels are standard algebraic notation without the signs for check and mate, because those would
    reveal what a move does. The reply parser ignores case. So where a bishop and a b-pawn can
    capture on the same square (Bxc3 and bxc3), both labels include the square of origin.
    """

    short_name = "chess"
    themes = (Tag.BOARD, Tag.CAPTURE)
    scoring = Scoring.WIN_LOSS
    title = "Chess"
    opening_plies = 4
    # OpenSpiel's own limit is 17695 plies. An unfinished game counts as a draw: counting material
    # would reward hoarding and would call some drawn positions won.
    max_plies = PLIES

    def rules(self) -> str:
        return (
            f"Two players, White and Black, take turns on a board of 8 rows (ranks, 1 to 8) and 8 "
            f"columns (files, a to h); White moves first. Squares are named by file, then rank; a1 "
            f"is the bottom left square of the picture, h8 the top right. At the start White has "
            f"on rank 1, from a to h, rook, knight, bishop, queen, king, bishop, knight, rook and "
            f"pawns on all of rank 2; Black has the same on ranks 8 and 7. A piece moves to an "
            f"empty square or captures by moving onto a piece of the other player, which is "
            f"removed. The king moves one square in any direction; the rook any distance along a "
            f"rank or file; the bishop any distance diagonally; the queen like rook or bishop; "
            f"none of them may jump over a piece. The knight jumps two squares along a rank or "
            f"file and one square across. A pawn moves one square forward (White up, Black down) "
            f"to an empty square, or two from where it started if both are empty; it captures one "
            f"square diagonally forward only. A pawn that has just moved two squares may be "
            f"captured in the very next move by a pawn of the other player as if it had moved one "
            f"(en passant). A pawn that reaches the last rank becomes a queen, rook, bishop or "
            f"knight of its player's choice. Castling: if neither the king nor the rook of the a- "
            f"or h-file has moved yet, all squares between them are empty, and the king neither "
            f"is attacked nor crosses or reaches an attacked square, the king may move two squares "
            f"towards that rook, which then stands on the square the king crossed. A king that is "
            f"attacked is in "
            f"check; no move may leave one's own king attacked. A player in check who has no legal "
            f"move is checkmated: that player loses and the other wins. The game is a draw if the "
            f"player to move has no legal move and is not in check (stalemate); if a position "
            f"(with the same player to move and the same rights to castle or capture en passant) "
            f"comes up for the third time; if 50 moves of each player in a row had no capture and "
            f"no pawn move, unless the last one gives checkmate; and if nobody could ever give "
            f"checkmate, with nothing left but the kings and at most one knight, or but the kings "
            f"and bishops that all stand on squares of one colour. These draws come about by "
            f"themselves, nobody has to claim them. A game that is cut off because it takes too "
            f"long, usually after {PLIES // 2} moves of each player (moves that opened it at "
            f"random left out), is a draw too. Moves are written in standard algebraic notation "
            f'without signs for check and mate: "e4" (a pawn moves there), "exd5" (the pawn of '
            f'the e-file captures there), "Nf3", "Rxd5", "Nbd2" (the knight of the b-file, if two '
            f'could go there), "e8=Q" (promotion), "O-O" (castling with the rook of the h-file), '
            f'"O-O-O" (with that of the a-file). If a bishop and a pawn of the b-file can capture '
            f'on one square, both moves name the square they come from, as in "Bd4xc3" and '
            f'"b2xc3".'
        )

    def seat_name(self, seat: int) -> str:
        return SEATS[seat]

    def observation(self, state: pyspiel.State, seat: int) -> str:
        fen = state.observation_string(seat)
        placement, turn, castling, passed, quiet, number = fen.split()
        able = [words for letter, words in CASTLING.items() if letter in castling]
        times = state.num_repetitions(state)
        mover = SEATS["bw".index(turn)]
        return "\n".join(
            [
                f"You are {SEATS[seat]}. Empty squares are shown as a dot; {LETTERS}. Rank 8 is "
                f"the top, a1 the bottom left square.",
                *_drawn(placement),
                f"The same in Forsyth-Edwards notation: {fen}",
                f"{mover} to move (move {number}){', in check' if _in_check(state) else ''}.",
                f"Castling rights left: {listing(able)}. En passant capture possible "
                f"on: {'none' if passed == '-' else passed}.",
                f"Moves in a row without capture or pawn move, of both players together: {quiet} "
                f"(at 100 the game is drawn). This position has come up for the {_ordinal(times)} "
                f"time (the third time is a draw).",
                f"Moves to a position that would come up for the third time: "
                f"{listing(self._repeating(state, int(quiet)))}.",
            ]
        )

    def label(self, state: pyspiel.State, seat: int, action: int) -> str:
        written = _san(state, action)
        if not _is_capture_by_b(written):
            return written
        same = [
            other
            for other in (_san(state, legal) for legal in state.legal_actions())
            if _is_capture_by_b(other) and _target(other) == _target(written)
        ]
        if len({other[0] for other in same}) == 1:
            return written
        start = pyspiel.chess.action_to_move(action, state.board()).to_lan()[:2]
        piece = written[0] if written[0] == "B" else ""
        return f"{piece}{start}x{written.split('x')[1]}"

    def spellings(self, state: pyspiel.State, seat: int) -> Mapping[str, Sequence[str]]:
        _, _, _, passed, _, number = state.observation_string(seat).split()
        return chess_notation.spellings(state, self.labels(state, seat), int(number), passed)

    def _repeating(self, state: pyspiel.State, quiet: int) -> list[str]:
        if quiet < QUIET_TO_REPEAT:
            return []
        seat = state.current_player()
        return [
            self.label(state, seat, action)
            for action in state.legal_actions()
            if state.child(action).is_repetition_draw()
        ]


def _drawn(placement: str) -> list[str]:
    """Draw the first field of a FEN: rank 8 on top, file letters below."""
    ranks = placement.split("/")
    lines = [
        f"{SIDE - n} {' '.join(''.join('.' * int(c) if c.isdecimal() else c for c in rank))}"
        for n, rank in enumerate(ranks)
    ]
    return [*lines, "  " + " ".join(column_name(c) for c in range(SIDE))]


def _san(state: pyspiel.State, action: int) -> str:
    written: str = state.action_to_string(state.current_player(), action)
    return written.rstrip("+#")


def _is_capture_by_b(written: str) -> bool:
    """Return whether a label reads as a capture by a bishop or by a b-pawn."""
    return written[0] in "Bb" and "x" in written


def _target(written: str) -> str:
    return written.split("x")[1][:2]


def _in_check(state: pyspiel.State) -> bool:
    """Return whether the last move gives check, according to OpenSpiel's notation."""
    moves = state.full_history()
    if not moves:
        return False
    player, action = moves[-1].player, moves[-1].action
    before = state.clone()
    before.undo_action(player, action)
    written: str = before.action_to_string(player, action)
    return written.endswith(("+", "#"))


def _ordinal(times: int) -> str:
    return ("first", "second", "third")[times - 1]


GAME = Chess
