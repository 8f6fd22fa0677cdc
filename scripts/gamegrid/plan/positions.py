"""Position suites: the same well-spread positions of a solved game for every agent.

What an agent does in its own games depends on where these led, so rates from play do not compare
between agents. Here each is asked for one move in each of the same positions.
"""

from collections.abc import Iterator, Sequence
from itertools import islice, zip_longest
from typing import TypeVar

import pyspiel

from gamegrid.games.game import Game, Joint, Oracle, apply
from gamegrid.luck import deal_draw
from gamegrid.oracles.exact import solver

SIZE = 200
SEED = 0
"""Positions are part of the suite and no luck of the grid: another grid's are the same."""
VERSION = 1
"""Raised by hand when a game's positions change: agents are then asked anew."""
PLAYOUTS = 4000
"""Random games looked through at most."""
SPARE = 5
"""Positions collected for each that is taken, before the search ends."""
STEPS = 4
"""Parts of a unit of return by which values are told apart."""
NOISE = 1e-9

Item = TypeVar("Item")

Stratum = tuple[int, int]
"""Moves made so far, and the value for the seat to move in steps."""


def positions(game: Game, size: int = SIZE) -> list[list[Joint]]:
    """Histories of ``size`` positions in which not all moves are worth the same.

    They come from random play, no two of them with the same board and mover, and are spread as
    evenly over the moves made and the value for the mover as random play allows. Fewer are returned
    where it holds no more. A disguise has those of its plain game. Raises ValueError for a game
    without an exact oracle.
    """
    if game.oracle is not Oracle.EXACT:
        raise ValueError(f"{game.load_string} has no exact oracle to choose positions by")
    strata: dict[Stratum, list[list[Joint]]] = {}
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
        if sum(min(len(found), size) for found in strata.values()) >= SPARE * size:
            break
    return spread([strata[stratum] for stratum in sorted(strata)], size)


def spread(strata: Sequence[Sequence[Item]], size: int) -> list[Item]:
    """Take one of each in turn until there are ``size``: rare strata whole, no other favoured."""
    layers = zip_longest(*strata)
    return list(islice((item for layer in layers for item in layer if item is not None), size))


def _playout(game: Game, number: int) -> Iterator[tuple[int, list[Joint], pyspiel.State]]:
    """The decisions of one random game: moves made, history, and the state, which moves on."""
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
