"""Go on small boards: surround more territory than the other player."""

from collections.abc import Sequence
from typing import ClassVar

import pyspiel

from gamegrid.games.game import Game, Scoring, Tag
from gamegrid.games.grids import cell, column_name, listing, rows

SEATS = ("Black", "White")
MARKS = ("X", "O")
SIZES = (5, 7, 9)


class Go(Game):
    """OpenSpiel's go; action = board_size * row from the bottom + column; the last one passes.

    OpenSpiel lets a stone repeat an earlier position and then ends the game as a draw. The rules
    say so, and the observation lists the points where that would happen.
    """

    short_name = "go"
    themes = (Tag.BOARD, Tag.CAPTURE, Tag.TERRITORY)
    # OpenSpiel defaults to a board of side 19, which the suite does not play.
    aliases: ClassVar = {
        "go": "go(board_size=5)",
        "go_7": "go(board_size=7)",
        "go_9": "go(board_size=9)",
    }
    parameters = frozenset({"board_size", "komi"})
    scoring = Scoring.WIN_LOSS
    opening_plies = 2

    @property
    def side(self) -> int:
        """Number of rows, which equals the number of columns."""
        return int(self.spiel.get_parameters()["board_size"])

    @property
    def komi(self) -> float:
        """Points White gets as compensation for moving second."""
        return float(self.spiel.get_parameters()["komi"])

    @property
    def title(self) -> str:
        return f"Go ({self.side} by {self.side}, komi {self.komi:g})"

    def unsupported_reason(self) -> str | None:
        if self.side not in SIZES:
            return "board_size must be 5, 7 or 9, as in go(board_size=5)."
        if not (0 <= self.komi <= self.side**2 and (2 * self.komi).is_integer()):
            return f"komi must be between 0.0 and {self.side**2}.0, in steps of 0.5."
        return None

    def rules(self) -> str:
        n, last = self.side, column_name(self.side - 1)
        black, white = SEATS
        tie = "; if both have the same, the game is a draw" if self.komi.is_integer() else ""
        komi = (
            f"{white} gets {_points(self.komi)} more for moving second (komi). "
            if self.komi
            else ""
        )
        return (
            f"Two players, {black} ({MARKS[0]}) and {white} ({MARKS[1]}), play on a board of {n} "
            f"rows and {n} columns of points, empty at the start. Points are named by column "
            f"letter, a to {last} from left to right, and row number, 1 to {n} from top to "
            f"bottom: a1 is the top left point. The players take turns; {black} moves first. In a "
            f"turn a player places one stone of their own colour on an empty point, or passes. "
            f"Stones are never moved; they are only removed by capture. Points next to each other "
            f"in a row or column (never diagonally) are neighbours. Stones of one colour joined "
            f"from neighbour to neighbour form a group. The empty points next to any stone of a "
            f"group are its liberties. After a stone is placed, first every group of the other "
            f"colour that has no liberty left is captured: all its stones are removed from the "
            f"board. After that the group of the new stone must have a liberty; a move that would "
            f"leave it without one (suicide) is not allowed. Ko: if a stone has just captured "
            f"exactly one stone and stands alone, with the point it emptied as its only liberty, "
            f"it may not be captured back in the very next move. Any other move may repeat an "
            f"earlier position, but if placing a stone makes the whole board look as it did at "
            f"any time before (whoever moves next), the game ends at once as a draw. The game also "
            f"ends when both players pass one after the other, or after {self._longest} moves in "
            f"all, passes included. Then the points are counted. A player has one point for "
            f"each stone of their own on the board, and one for each empty point in an area "
            f"(empty points joined from neighbour to neighbour) that touches stones of their "
            f"colour only; an area that touches both colours, or none, counts for nobody. {komi}"
            f"All stones still on the board count: nothing is removed at the end because it could "
            f"be captured, so capture it before passing. The player with more points wins and the "
            f'other loses{tie}. A move is the name of a point, or "pass".'
        )

    def seat_name(self, seat: int) -> str:
        return SEATS[seat]

    def observation(self, state: pyspiel.State, seat: int) -> str:
        # OpenSpiel's text has a heading, then the rows from the top, each preceded by its number.
        lines = [line.split() for line in state.observation_string(seat).split("\n")]
        drawn = [line[1] for line in lines[2 : 2 + self.side]]
        board = rows(self.side, self.side, lambda r, c: drawn[r][c].replace("+", "."))
        return "\n".join(
            [
                f"You are {SEATS[seat]} ({MARKS[seat]}). Empty points are shown as a dot; row 1 "
                f"is the top.",
                *board,
                f"Komi: {_points(self.komi)} for {SEATS[1]}.",
                *self._situation(state),
            ]
        )

    def label(self, state: pyspiel.State, seat: int, action: int) -> str:
        if action == self._pass:
            return "pass"
        row, column = divmod(action, self.side)
        return cell(self.side - 1 - row, column)

    def adjudicate(self, state: pyspiel.State) -> Sequence[float]:
        """Count the points as if both players passed now."""
        ended = state.clone()
        while not ended.is_terminal():
            ended.apply_action(self._pass)
        return [(1 + result) / 2 for result in ended.returns()]

    def _situation(self, state: pyspiel.State) -> list[str]:
        """Describe what the board does not show: how the next move could end the game."""
        history = state.history()
        if state.is_terminal():
            return ["The game is over."]
        mover = state.current_player()
        draws = [
            self.label(state, mover, action)
            for action in state.legal_actions()
            if action != self._pass and _is_drawn(state.child(action))
        ]
        passed = " (a pass: if you pass too, the game ends)" if history[-1:] == [self._pass] else ""
        last = self.label(state, 1 - mover, history[-1]) + passed if history else "none"
        return [
            f"{SEATS[mover]} to move. Move {len(history) + 1} of at most {self._longest}. "
            f"Last move: {last}.",
            f"Points where a stone would end the game at once as a draw: {listing(draws)}.",
        ]

    @property
    def _pass(self) -> int:
        return self.side**2

    @property
    def _longest(self) -> int:
        """Number of moves after which OpenSpiel counts the points."""
        return int(self.spiel.max_game_length())


def _is_drawn(state: pyspiel.State) -> bool:
    return state.is_terminal() and not any(state.returns())


def _points(count: float) -> str:
    return f"{count:g} point{'' if count == 1 else 's'}"


GAME = Go
