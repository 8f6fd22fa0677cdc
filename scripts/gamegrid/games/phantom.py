"""Base class for board games in which neither player sees the other's marks."""

from abc import abstractmethod
from typing import ClassVar

import pyspiel

from gamegrid.games.game import Game, Scoring, Tag
from gamegrid.games.grids import cell, listing, rows

MARKS = ("x", "o")


class PhantomGame(Game):
    """Two players try cells of a square board; action = side * row + column.

    Only the player learns the result of a try. OpenSpiel's ``obstype`` sets what the other player
    learns; ``gameversion`` sets whether trying a taken cell costs the turn.
    """

    parameters = frozenset({"obstype", "gameversion"})
    themes = (Tag.BOARD, Tag.CONNECTION)
    scoring = Scoring.WIN_LOSS
    opening_plies = 2
    abrupt_version: ClassVar[str]
    """The ``gameversion`` in which trying a taken cell costs the turn."""
    shift: ClassVar[int] = 0
    """Spaces by which each row of the picture is indented relative to the one above."""
    counts_tries: ClassVar[bool] = False
    """True if information states always include the number of tries of both players."""

    @property
    @abstractmethod
    def side(self) -> int:
        """Number of rows, which equals the number of columns."""

    @property
    def abrupt(self) -> bool:
        """True if trying a taken cell costs the turn."""
        return bool(self.spiel.get_parameters()["gameversion"] == self.abrupt_version)

    @property
    def turns_shown(self) -> bool:
        """True if each player learns whenever the other tries a cell."""
        return bool(self.spiel.get_parameters()["obstype"] == "reveal-numturns")

    @property
    def variant(self) -> str:
        """The parameters that distinguish this variant, in brackets for the title; may be empty."""
        parts = ["a taken cell costs the turn"] if self.abrupt else []
        parts += ["tries are counted"] if self.turns_shown else []
        return f" ({'; '.join(parts)})" if parts else ""

    def seat_name(self, seat: int) -> str:
        return MARKS[seat]

    def blindness(self) -> str:
        """Return the part of the rules on what players cannot see."""
        taken = (
            "their turn is over: the other player moves"
            if self.abrupt
            else "they must try another cell at once, until they have placed a mark"
        )
        notice = (
            "The other player is told that a cell was tried, but neither which one nor whether it "
            "was taken."
            if self.turns_shown
            else "The other player is told nothing of this, neither which cells were tried nor "
            "whether one was taken."
        )
        if self.counts_tries and not self.turns_shown:
            notice += (
                " But both always know how many tries there have been in all, of both together."
            )
        return (
            f"Nobody sees the other player's marks. In a turn a player tries a cell that they do "
            f"not know to be taken. If it is empty, their mark is placed there for good, and the "
            f"other player moves. If the other player's mark is on it, nothing is placed; the "
            f"player who tried now knows of that mark, and {taken}. {notice}"
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
        """Return what ``seat`` knows of the tries so far, in order."""
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
        """Describe a seat's own try and its result, which later marks cannot change."""
        own = known[action] == MARKS[seat]
        name = cell(*divmod(action, self.side))
        return f"{name} (placed)" if own else f"{name} (taken by {MARKS[1 - seat]})"

    def _known(self, state: pyspiel.State, seat: int) -> str:
        """Return the cells ``seat`` knows, row by row; OpenSpiel capitalises winning stones."""
        lines = state.observation_string(seat).split("\n")[: self.side]
        return "".join(lines).lower()
