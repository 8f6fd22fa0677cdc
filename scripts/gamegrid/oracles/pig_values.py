"""Exact values of pig for two players, by backward induction over the choices that are left.

The cut-off is part of the game: with no choice left it is a draw. See Neller and Presser, "Optimal
play of the dice game Pig" (2004), for the game without one.
"""

from functools import cached_property

import numpy as np
import pyspiel

from gamegrid.games.pig import ROLL, STOP, Pig

FACES = 6


class PigValues:
    """Values of positions of one game of pig, computed at once when first asked for."""

    def __init__(self, game: Pig):
        self._game = game

    def value(self, state: pyspiel.State) -> float:
        """The expected return of seat 0, where a seat is to choose or the game is over."""
        if state.is_terminal():
            return float(state.player_return(0))
        best = max(self.action_values(state).values())
        return best if state.current_player() == 0 else -best

    def action_values(self, state: pyspiel.State) -> dict[int, float]:
        """The expected return of the seat to choose, for each legal action."""
        scores, total = self._game.standing(state)
        mover = state.current_player()
        left = self._game.max_plies - self._game.choices(state)
        own, other = scores[mover], scores[1 - mover]
        stop, roll = self._worth[left - 1]
        found = {STOP: float(stop[own, other, total]), ROLL: float(roll[own, other, total])}
        return {action: found[action] for action in state.legal_actions()}

    def best_actions(self, state: pyspiel.State) -> list[int]:
        """All actions of the highest value, ascending."""
        values = self.action_values(state)
        best = max(values.values())
        return [action for action, value in values.items() if value == best]

    @cached_property
    def _worth(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """What stopping and rolling are worth, by choices left afterwards.

        Each an array by the mover's own score, the other's and the turn total.
        """
        target = self._game.target
        after = np.zeros((target, target, target + FACES))
        found = []
        for _ in range(self._game.max_plies):
            found.append(self._choices(after))
            after = np.maximum(*found[-1])
        return found

    def _choices(self, after: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Values of stopping and rolling, from the values with one choice less.

        Who may only stop (own score and total reach the target) has no use for rolling: -1.
        """
        target = self._game.target
        own, other, total = np.indices(after.shape)
        won = own + total >= target
        stop = np.where(won, 1.0, -after[other, np.minimum(own + total, target - 1), 0])
        roll = -after[other, own, 0] / FACES
        for face in range(2, FACES + 1):
            roll = roll + after[own, other, np.minimum(total + face, after.shape[2] - 1)] / FACES
        return stop, np.where(won, -1.0, roll)
