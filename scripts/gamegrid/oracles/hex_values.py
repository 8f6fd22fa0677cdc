"""Exact values of hex on a small board, searched on bit masks instead of OpenSpiel's states.

Hex has no draws, so one winning move ends the search of a position. If the opponent threatens to
win at once, at most one move needs searching.
"""

from collections.abc import Iterator

import pyspiel

from gamegrid.games.hex import Hex

Stones = tuple[int, int]
"""The stones of each seat, one bit per cell; the bit's index is the action."""


class HexValues:
    """Values of hex positions on one board, searched on demand and cached."""

    def __init__(self, game: Hex):
        side = game.side
        self._side = side
        self._cells = (1 << side * side) - 1
        top, left = (1 << side) - 1, sum(1 << row * side for row in range(side))
        self._left, self._right = left, left << (side - 1)
        self._ends = ((top, top << side * (side - 1)), (left, self._right))
        middle = (side - 1) / 2
        self._order = sorted(
            range(side * side),
            key=lambda cell: abs(cell // side - middle) + abs(cell % side - middle),
        )
        self._known: dict[tuple[int, Stones], bool] = {}

    def value(self, state: pyspiel.State) -> float:
        """Return seat 0's return, 1 or -1, under best play by both seats."""
        if state.is_terminal():
            return float(state.player_return(0))
        mover = int(state.current_player())
        return 1.0 if self._wins(mover, _board(state)) == (mover == 0) else -1.0

    def action_values(self, state: pyspiel.State) -> dict[int, float]:
        """Return the value of each legal action, 1 or -1, for the seat to move."""
        mover, board = int(state.current_player()), _board(state)
        return {
            action: 1.0 if self._is_won_by(mover, board, action) else -1.0
            for action in state.legal_actions()
        }

    def best_actions(self, state: pyspiel.State) -> list[int]:
        """Return all actions of the highest value, in ascending order."""
        values = self.action_values(state)
        best = max(values.values())
        return [action for action, value in values.items() if value == best]

    def _is_won_by(self, mover: int, board: Stones, action: int) -> bool:
        after = _placed(board, mover, action)
        return self._joined(mover, after[mover]) or not self._wins(1 - mover, after)

    def _wins(self, mover: int, board: Stones) -> bool:
        """Return whether the seat to move wins a position in which nobody has won yet."""
        key = (mover, board)
        known = self._known.get(key)
        if known is None:
            known = self._search(mover, board)
            self._known[key] = known
        return known

    def _search(self, mover: int, board: Stones) -> bool:
        if any(True for _ in self._joining(mover, board)):
            return True
        threats = list(self._joining(1 - mover, board))
        if len(threats) > 1:
            return False
        moves = threats or self._free(board)
        return any(self._is_won_by(mover, board, action) for action in moves)

    def _free(self, board: Stones) -> list[int]:
        return [cell for cell in self._order if not (board[0] | board[1]) >> cell & 1]

    def _joining(self, seat: int, board: Stones) -> Iterator[int]:
        """Yield the cells where one more stone joins the two sides of ``seat``."""
        for cell in self._free(board):
            if self._joined(seat, board[seat] | 1 << cell):
                yield cell

    def _joined(self, seat: int, own: int) -> bool:
        """Return whether a chain of ``own`` stones joins the two sides of ``seat``."""
        start, end = self._ends[seat]
        reached, before = own & start, 0
        while reached != before:
            before = reached
            reached |= self._around(reached) & own
        return bool(reached & end)

    def _around(self, stones: int) -> int:
        """Return every stone's neighbours: left, right, above, below, and the short diagonal."""
        side, right, left = self._side, stones & ~self._right, stones & ~self._left
        return self._cells & (
            right << 1 | left >> 1 | stones << side | stones >> side
            | left << (side - 1) | right >> (side - 1)
        )  # fmt: skip


def _board(state: pyspiel.State) -> Stones:
    """Read the stones from the history: seats alternate, and stones never move."""
    history = state.history()
    first, second = (sum(1 << cell for cell in history[seat::2]) for seat in (0, 1))
    return first, second


def _placed(board: Stones, seat: int, cell: int) -> Stones:
    stone = 1 << cell
    return (board[0] | stone, board[1]) if seat == 0 else (board[0], board[1] | stone)
