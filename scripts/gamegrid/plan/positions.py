"""Position suites: the same well-spread positions of a solved game for every agent.

An agent's mistakes in its games depend on where the games led, so their rates do not compare
between agents. Here every agent makes one move in each of the same positions.
"""

from collections.abc import Iterator, Sequence
from itertools import islice, zip_longest
from typing import TypeVar

import pyspiel

from gamegrid.games.game import Game, Joint, Oracle, apply
from gamegrid.luck import deal_draw
from gamegrid.oracles.exact import NOISE, solver

SIZE = 200
SEED = 0
"""Fixed, so that every grid has the same positions whatever its own seed."""
VERSION = 1
"""Raise it when a game's positions change: agents are then asked again."""
PLAYOUTS = 4000
"""Number of random games to search at most."""
SPARE = 5
"""The search ends with this many candidates for each position that is taken."""
STEPS = 4
"""Steps of value per unit of return, by which positions are grouped."""

Item = TypeVar("Item")

PositionStratum = tuple[int, int]
"""The number of moves made, and the value for the seat to move in steps."""


def positions(game: Game, size: int = SIZE) -> list[list[Joint]]:
    """Return histories of ``size`` positions in which not all moves are worth the same.

    They come from random play and differ in board or mover. They are spread over the number of
    moves made and the value for the mover as evenly as random play allows. The list is shorter if
    random play finds fewer. A disguised game has the positions of its plain game. Raises ValueError
    for a game without an exact oracle.
    """
    if game.oracle is not Oracle.EXACT:
        raise ValueError(f"{game.load_string} has no exact oracle to choose positions by")
    strata: dict[PositionStratum, list[list[Joint]]] = {}
    seen: set[tuple[int, str]] = set()
    for playout in range(PLAYOUTS):
        for moves, history, state in _playout(game, playout):
            key = (state.current_player(), str(state))
            if key not in seen:
                seen.add(key)
                values = solver(game.load_string).action_values(state).values()
                best = max(values)
                if best - min(values) > NOISE:
                    strata.setdefault((moves, round(best * STEPS)), []).append(history)
        if sum(min(len(group), size) for group in strata.values()) >= SPARE * size:
            break
    return spread([strata[stratum] for stratum in sorted(strata)], size)


def spread(strata: Sequence[Sequence[Item]], size: int) -> list[Item]:
    """Take one item of each stratum in turn until there are ``size``."""
    layers = zip_longest(*strata)
    return list(islice((item for layer in layers for item in layer if item is not None), size))


def _playout(game: Game, number: int) -> Iterator[tuple[int, list[Joint], pyspiel.State]]:
    """Yield the decisions of a random game: moves made, history, and the state (changes later)."""
    draw = deal_draw(SEED, game.luck_name, number, "positions")
    state, history, moves = game.spiel.new_initial_state(), list[Joint](), 0
    while not state.is_terminal() and moves < game.max_plies:
        if state.is_chance_node():
            actions, weights = zip(*state.chance_outcomes(), strict=True)
            action = draw.choices(actions, weights)[0]
        else:
            yield moves, list(history), state
            action = draw.choice(state.legal_actions())
            moves += 1
        history.append(action)
        apply(state, action)
