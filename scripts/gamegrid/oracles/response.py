"""Best responses: the highest return a seat can expect against others whose policies are known."""

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
"""Most positions or histories to visit, about a second of work; larger games are refused."""

Reached: TypeAlias = Sequence[tuple[pyspiel.State, float]]
"""States with the probability that chance and the other seats lead to them."""


class TooLargeError(Exception):
    """The game has more than STATES positions or histories."""


@dataclass(frozen=True, slots=True)
class KnownPolicy:
    """How a seat is played.

    ``memory`` tells what the policy remembers; None if it may depend on the whole history.
    """

    policy: Policy
    memory: Memory | None


def best_response(
    game: Game, seat: int, others: Mapping[int, KnownPolicy], starts: Reached
) -> float:
    """Return what ``seat`` can expect, in the game's units, if it knows all other policies.

    The seat sees only what the game lets it see. ``starts`` lists the states where play begins,
    with probabilities that sum to 1. Raises TooLargeError, and pyspiel.SpielError for a game
    without information states.
    """
    if isinstance(game, RepeatedGame):
        return _Rounds(game, seat, others).best(game.spiel.new_initial_state())
    return _Tree(game, seat, others).best(starts)


@dataclass(slots=True)
class _Tree:
    """Search over all histories; the seat decides alike in histories that look alike to it."""

    game: Game
    seat: int
    others: Mapping[int, KnownPolicy]
    seen: int = 0

    def best(self, reached: Reached) -> float:
        """Return the seat's best return summed over states, weighted by their probabilities."""
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
        """Return a string that identifies what the seat knows."""
        if self.game.perfect_information:
            return str(state.history())
        return str(state.information_state_string(self.seat))

    def _after(self, held: Reached, action: int) -> Reached:
        """Return the states after the seat's action and any simultaneous actions of others."""
        if not held[0][0].is_simultaneous_node():
            return [(state.child(action), chance) for state, chance in held]
        return [
            (after(state, joint), chance * likely)
            for state, chance in held
            for joint, likely in joint_moves(state, self.seat, action, self.others)
        ]


@dataclass(slots=True)
class _Rounds:
    """Search over the rounds of a repeated game in which every seat sees everything.

    Histories that the others' memories do not distinguish have the same value for the rest of the
    game.
    """

    game: RepeatedGame
    seat: int
    others: Mapping[int, KnownPolicy]
    known: dict[object, float] = field(default_factory=dict)
    seen: int = 0

    def best(self, state: pyspiel.State) -> float:
        """Return the seat's best expected return over the remaining rounds."""
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
        """Return the value of one action, for this round and the remaining ones."""
        total = 0.0
        for joint, chance in joint_moves(state, self.seat, action, self.others):
            paid = self.game.stage.replay([joint]).player_return(self.seat)
            total += chance * (paid + self.best(after(state, joint)))
        return total


def joint_moves(
    state: pyspiel.State, seat: int, action: int, others: Mapping[int, KnownPolicy]
) -> Iterator[tuple[list[int], float]]:
    """Yield each joint move in which ``seat`` takes ``action``, with its probability."""
    choices = [
        [(action, 1.0)] if each == seat else others[each].policy(state, each).items()
        for each in range(state.num_players())
    ]
    for joint in product(*choices):
        chance = prod(part for _, part in joint)
        if chance > 0:
            yield [move for move, _ in joint], chance


def after(state: pyspiel.State, joint: list[int]) -> pyspiel.State:
    """Return the state after a joint move."""
    child = state.clone()
    child.apply_actions(joint)
    return child
