"""What board games have in common in which nobody sees where the other player's marks are."""

from abc import abstractmethod
from typing import ClassVar

import pyspiel

from gamegrid.games.game import Game, Scoring, Tag
from gamegrid.games.grids import cell, listing, rows

MARKS = ("x", "o")


class PhantomGame(Game):
    """Two players try cells of a square board; action = side * row + column.

    A try is told to its player only. OpenSpiel's ``obstype`` says what the other is told of it,
    its ``gameversion`` whether a try on a taken cell costs the turn.
    """

    parameters = frozenset({"obstype", "gameversion"})
    themes = (Tag.BOARD, Tag.CONNECTION)
    scoring = Scoring.WIN_LOSS
    opening_plies = 2
    abrupt_version: ClassVar[str]
    """The ``gameversion`` in which a try on a taken cell costs the turn."""
    shift: ClassVar[int] = 0
    """How much further right each row of the picture begins than the one above."""
    counts_tries: ClassVar[bool] = False
    """True where information states always have the number of tries of both players."""

    @property
    @abstractmethod
    def side(self) -> int:
        """Rows of the board, and columns."""

    @property
    def abrupt(self) -> bool:
        """True if a try on a taken cell costs the turn."""
        return bool(self.spiel.get_parameters()["gameversion"] == self.abrupt_version)

    @property
    def turns_shown(self) -> bool:
        """True if each player is told whenever the other tries a cell."""
        return bool(self.spiel.get_parameters()["obstype"] == "reveal-numturns")

    @property
    def variant(self) -> str:
        """What tells the title from those of other parameters, in brackets; may be empty."""
        parts = ["a taken cell costs the turn"] if self.abrupt else []
        parts += ["tries are counted"] if self.turns_shown else []
        return f" ({'; '.join(parts)})" if parts else ""

    def seat_name(self, seat: int) -> str:
        return MARKS[seat]

    def blindness(self) -> str:
        """The part of the rules about what is not seen."""
        taken = (
            "their turn is over: the other player moves"
            if self.abrupt
            else "they must try another cell at once, until they have placed a mark"
        )
        told = (
            "The other player is told that a cell was tried, but neither which one nor whether it "
            "was taken."
            if self.turns_shown
            else "The other player is told nothing of this, neither which cells were tried nor "
            "whether one was taken."
        )
        if self.counts_tries and not self.turns_shown:
            told += " But both always know how many tries there have been in all, of both together."
        return (
            f"Nobody sees the other player's marks. In a turn a player tries a cell that they do "
            f"not know to be taken. If it is empty, their mark is placed there for good, and the "
            f"other player moves. If the other player's mark is on it, nothing is placed; the "
            f"player who tried now knows of that mark, and {taken}. {told}"
        )

    def observation(self, state: pyspiel.State, seat: int) -> str:
        known = self._known(state, seat)
        board = rows(self.side, self.side, lambda r, c: known[self.side * r + c], self.shift)
        lines = [
            f"You are {MARKS[seat]}. You see your own marks and those of {MARKS[1 - seat]} on "
            f"cells that you tried; a dot is a cell of which you know nothing.",
            *board,
            f"{'Tries' if self.turns_shown else 'Your tries'} so far: "
            f"{listing(self._tries(state, seat))}.",
        ]
        if self.counts_tries and not self.turns_shown:
            lines.append(f"Tries of both players so far, together: {len(state.history())}.")
        return "\n".join(lines)

    def label(self, state: pyspiel.State, seat: int, action: int) -> str:
        return cell(*divmod(action, self.side))

    def describe(self, state: pyspiel.State, seat: int, action: int, observer: int) -> str | None:
        if seat == observer:
            return f"You: {self._outcome(self._known(state.child(action), seat), seat, action)}"
        return f"{MARKS[seat]}: tried a cell" if self.turns_shown else None

    def _tries(self, state: pyspiel.State, seat: int) -> list[str]:
        """What ``seat`` knows of the tries so far, in order."""
        known = self._known(state, seat)
        who = "you " if self.turns_shown else ""
        return [
            f"{who}{self._outcome(known, seat, step.action)}"
            if step.player == seat
            else f"{MARKS[step.player]} an unknown cell"
            for step in state.full_history()
            if step.player == seat or self.turns_shown
        ]

    def _outcome(self, known: str, seat: int, action: int) -> str:
        """A try of one's own and what came of it: marks stay where they are."""
        own = known[action] == MARKS[seat]
        name = cell(*divmod(action, self.side))
        return f"{name} (placed)" if own else f"{name} (taken by {MARKS[1 - seat]})"

    def _known(self, state: pyspiel.State, seat: int) -> str:
        """The cells as ``seat`` knows them, row by row; OpenSpiel writes winning stones large."""
        lines = state.observation_string(seat).split("\n")[: self.side]
        return "".join(lines).lower()
