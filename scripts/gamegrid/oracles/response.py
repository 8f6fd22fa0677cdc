"""The best response: the most that a seat can expect against others whose policies are known."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import TypeAlias

import pyspiel

from gamegrid.games.game import Game
from gamegrid.games.policy import Memory, Policy
from gamegrid.games.repeated_game import RepeatedGame

STATES = 25_000
"""Positions or histories beyond which a game is not gone through: about a second of work."""

Reached: TypeAlias = Sequence[tuple[pyspiel.State, float]]
"""States, and how likely chance and the other seats make them."""


class TooLargeError(Exception):
    """More than STATES positions or histories."""


@dataclass(frozen=True, slots=True)
class Known:
    """How a seat is played. ``memory`` as in AgentKind."""

    policy: Policy
    memory: Memory | None


def best_response(game: Game, seat: int, others: Mapping[int, Known], starts: Reached) -> float:
    """The expected return of a seat, in the game's units, that knows how all others play.

    It sees what the seat may see, and no more. ``starts``: where play begins; their chances add up
    to 1. Raises TooLargeError, and pyspiel.SpielError for a game that tells no information states.
    """
    if isinstance(game, RepeatedGame):
        return _Rounds(game, seat, others).best(game.spiel.new_initial_state())
    return _Tree(game, seat, others).best(starts)


@dataclass(slots=True)
class _Tree:
    """Through all histories. Those that look alike to the seat are decided on together."""

    game: Game
    seat: int
    others: Mapping[int, Known]
    seen: int = 0

    def best(self, reached: Reached) -> float:
        """What the seat can get from states on, the chances of these not divided by their sum."""
        total, todo = 0.0, list(reached)
        alike = defaultdict[str, list[tuple[pyspiel.State, float]]](list)
        while todo:
            state, chance = todo.pop()
            self.seen += 1
            if self.seen > STATES:
                raise TooLargeError
            if state.is_terminal():
                total += chance * state.player_return(self.seat)
            elif state.is_chance_node():
                todo += [(state.child(a), chance * p) for a, p in state.chance_outcomes()]
            elif state.is_simultaneous_node() or state.current_player() == self.seat:
                alike[self._view(state)].append((state, chance))
            else:
                mover = state.current_player()
                moves = self.others[mover].policy(state, mover)
                todo += [(state.child(a), chance * p) for a, p in moves.items() if p > 0]
        for held in alike.values():
            actions = held[0][0].legal_actions(self.seat)
            total += max(self.best(self._after(held, action)) for action in actions)
        return total

    def _view(self, state: pyspiel.State) -> str:
        """What the seat knows."""
        if self.game.perfect_information:
            return str(state.history())
        return str(state.information_state_string(self.seat))

    def _after(self, held: Reached, action: int) -> Reached:
        """The states after the seat's action, and after the others' where all move at once."""
        if not held[0][0].is_simultaneous_node():
            return [(state.child(action), chance) for state, chance in held]
        return [
            (after(state, joint), chance * likely)
            for state, chance in held
            for joint, likely in joint_moves(state, self.seat, action, self.others)
        ]


@dataclass(slots=True)
class _Rounds:
    """Through the rounds of a repeated game, of which all is seen.

    Histories that the others' memories do not tell apart are worth the same from there on.
    """

    game: RepeatedGame
    seat: int
    others: Mapping[int, Known]
    known: dict[object, float] = field(default_factory=dict)
    seen: int = 0

    def best(self, state: pyspiel.State) -> float:
        """What the seat can get in the rounds to come."""
        if state.is_terminal():
            return 0.0
        memories = [
            known.memory(state, other) if known.memory else tuple(state.history())
            for other, known in self.others.items()
        ]
        key = (len(state.history()), *memories)
        if key not in self.known:
            self.seen += 1
            if self.seen > STATES:
                raise TooLargeError
            actions = state.legal_actions(self.seat)
            self.known[key] = max(self._worth(state, action) for action in actions)
        return self.known[key]

    def _worth(self, state: pyspiel.State, action: int) -> float:
        """What one action gets, in this round and after."""
        total = 0.0
        for joint, chance in joint_moves(state, self.seat, action, self.others):
            paid = self.game.stage.replay([joint]).player_return(self.seat)
            total += chance * (paid + self.best(after(state, joint)))
        return total


def joint_moves(
    state: pyspiel.State, seat: int, action: int, others: Mapping[int, Known]
) -> Iterator[tuple[list[int], float]]:
    """What all seats may do at once, and how likely it is, ``action`` being the seat's."""
    choices = [
        [(action, 1.0)] if each == seat else others[each].policy(state, each).items()
        for each in range(state.num_players())
    ]
    for joint in product(*choices):
        chance = prod(part for _, part in joint)
        if chance > 0:
            yield [move for move, _ in joint], chance


def after(state: pyspiel.State, joint: list[int]) -> pyspiel.State:
    """The state after a joint move."""
    child = state.clone()
    child.apply_actions(joint)
    return child
