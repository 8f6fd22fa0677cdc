"""Exact values of two-player pig, by backward induction over the choices left.

The cut-off is part of the game: when no choice is left, the game is a draw. For the game without a
cut-off see Neller and Presser, "Optimal play of the dice game Pig" (2004).
"""

from functools import cached_property

import numpy as np
import pyspiel

from gamegrid.games.pig import ROLL, STOP, Pig

FACES = 6


class PigValues:
    """Values of all positions of one pig game, computed on first use."""

    def __init__(self, game: Pig):
        self._game = game

    def value(self, state: pyspiel.State) -> float:
        """Return the expected return of seat 0 at a choice or at the end of the game."""
        if state.is_terminal():
            return float(state.player_return(0))
        best = max(self.action_values(state).values())
        return best if state.current_player() == 0 else -best

    def action_values(self, state: pyspiel.State) -> dict[int, float]:
        """Return the expected return of the seat to choose, for each legal action."""
        scores, total = self._game.standing(state)
        mover = state.current_player()
        left = self._game.max_plies - self._game.choices(state)
        own, other = scores[mover], scores[1 - mover]
        stop, roll = self._worth[left - 1]
        place = own, other, total
        values = {STOP: float(stop[place]), ROLL: float(roll[place])}
        return {action: values[action] for action in state.legal_actions()}

    def best_actions(self, state: pyspiel.State) -> list[int]:
        """Return all actions of the highest value, in ascending order."""
        values = self.action_values(state)
        best = max(values.values())
        return [action for action, value in values.items() if value == best]

    @cached_property
    def _worth(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """The values of stopping and of rolling, indexed by the number of choices left afterwards.

        Each array has the axes: mover's score, other's score, turn total.
        """
        target = self._game.target
        after = np.zeros((target, target, target + FACES))
        worth = []
        for _ in range(self._game.max_plies):
            worth.append(self._choices(after))
            after = np.maximum(*worth[-1])
        return worth

    def _choices(self, after: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the values of stopping and rolling, given the values with one choice less.

        Rolling is worth -1 where the mover must stop because score plus turn total reach the
        target.
        """
        target = self._game.target
        own, other, total = np.indices(after.shape)
        won = own + total >= target
        stop = np.where(won, 1.0, -after[other, np.minimum(own + total, target - 1), 0])
        roll = -after[other, own, 0] / FACES
        for face in range(2, FACES + 1):
            roll = roll + after[own, other, np.minimum(total + face, after.shape[2] - 1)] / FACES
        return stop, np.where(won, -1.0, roll)
