"""Exact values by memoised search: two players, zero sum, perfect information, no chance."""

from collections.abc import Mapping

import pyspiel

Key = tuple[int, str]


class Minimax:
    """Values of positions for the player to move, searched when asked and remembered.

    The mover is part of the key: several OpenSpiel board strings do not say whose turn it is.
    """

    def __init__(self) -> None:
        self._values: dict[Key, float] = {}
        self._moves: dict[Key, Mapping[int, float]] = {}

    def value(self, state: pyspiel.State) -> float:
        """The value of ``state`` for seat 0, in units of return, under best play of both."""
        return self._search(state, float(state.get_game().max_utility()))

    def action_values(self, state: pyspiel.State) -> Mapping[int, float]:
        """The value of each legal action for the seat to move, in units of its return."""
        key = _key(state)
        known = self._moves.get(key)
        if known is None:
            sign = _sign(state)
            known = {a: sign * self.value(state.child(a)) + 0.0 for a in state.legal_actions()}
            self._moves[key] = known
        return known

    def best_actions(self, state: pyspiel.State) -> list[int]:
        """All actions of the highest value, ascending."""
        values = self.action_values(state)
        best = max(values.values())
        return [action for action, value in values.items() if value == best]

    def _search(self, state: pyspiel.State, most: float) -> float:
        """The value for seat 0; moves after one that brings ``most``, the best there is, wait."""
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
            known = sign * best + 0.0  # no minus zero
            self._values[key] = known
        return known


def _key(state: pyspiel.State) -> Key:
    return state.current_player(), str(state)


def _sign(state: pyspiel.State) -> float:
    """What turns a value for seat 0 into one for the seat to move."""
    return 1.0 if state.current_player() == 0 else -1.0
