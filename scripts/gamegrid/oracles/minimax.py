"""Exact values by memoised search, for two-player zero-sum games of perfect information.

The games must have no chance events.
"""

from collections.abc import Mapping

import pyspiel

PositionKey = tuple[int, str]


class Minimax:
    """Values of positions, searched on demand and cached.

    The cache key includes the player to move: some OpenSpiel board strings omit whose turn it is.
    """

    def __init__(self) -> None:
        self._values: dict[PositionKey, float] = {}
        self._moves: dict[PositionKey, Mapping[int, float]] = {}

    def value(self, state: pyspiel.State) -> float:
        """Return the value of ``state`` for seat 0 under best play by both, in units of return."""
        return self._search(state, float(state.get_game().max_utility()))

    def action_values(self, state: pyspiel.State) -> Mapping[int, float]:
        """Return the value of each legal action for the seat to move, in units of its return."""
        key = _key(state)
        known = self._moves.get(key)
        if known is None:
            sign = _sign(state)
            known = {a: sign * self.value(state.child(a)) + 0.0 for a in state.legal_actions()}
            self._moves[key] = known
        return known

    def best_actions(self, state: pyspiel.State) -> list[int]:
        """Return all actions of the highest value, in ascending order."""
        values = self.action_values(state)
        best = max(values.values())
        return [action for action, value in values.items() if value == best]

    def _search(self, state: pyspiel.State, most: float) -> float:
        """Return the value for seat 0.

        The search of a position stops at a move worth ``most``, the highest possible return.
        """
        if state.is_terminal():
            return float(state.player_return(0))
        key = _key(state)
        known = self._values.get(key)
        if known is None:
            sign, best = _sign(state), -most
            for action in state.legal_actions():
                best = max(best, sign * self._search(state.child(action), most))
                if best == most:
                    break
            known = sign * best + 0.0  # avoids minus zero
            self._values[key] = known
        return known


def _key(state: pyspiel.State) -> PositionKey:
    return state.current_player(), str(state)


def _sign(state: pyspiel.State) -> float:
    """Return the factor between a value for seat 0 and one for the seat to move."""
    return 1.0 if state.current_player() == 0 else -1.0
