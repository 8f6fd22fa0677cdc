"""Draw the luck of many deals and count it, to compare with what the rules of the game say.

Results show a fault of the luck late: a card that is dealt a fifth too often hardly moves a mean.
Deals are cheap to draw without playing them.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import pyspiel

from gamegrid.games.game import Game
from gamegrid.oracles.minimax import Minimax
from gamegrid.plan.deals import MOST_LINES, Tape, keeps_value, opening, random_plies

DEALS = 4000
"""Enough to find a card of three that is dealt a fifth too often, among a thousand checks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """How often one outcome of an event came in the deals 0 to ``deals`` - 1 of a game."""

    game: str
    event: int
    """Its number among the chance events before the first decision, or the ply of an opening."""
    outcome: int
    """The action in the game."""
    chance: float
    """Its probability by the rules."""
    times: int
    deals: int


def draws(game: Game, seed: int, opening_plies: int) -> list[Draw]:
    """Return a row for every outcome of every event before the first decision.

    The list is empty if nothing is drawn before the first decision, or too many openings exist.
    """
    lines = dict(_lines(game, opening_plies))
    if not lines or len(lines) > MOST_LINES or set(map(len, lines)) == {0}:
        return []
    expected, found = defaultdict[tuple[int, int], float](float), Counter[tuple[int, int]]()
    for line, chance in lines.items():
        for place in enumerate(line):
            expected[place] += chance
    minimax = Minimax()
    for deal in range(DEALS):
        found.update(enumerate(_drawn(game, seed, deal, opening_plies, minimax)))
    total = sum(lines.values())
    return [
        Draw(
            game=game.name,
            event=event,
            outcome=outcome,
            chance=expected[event, outcome] / total,
            times=found[event, outcome],
            deals=DEALS,
        )
        for event, outcome in sorted({*expected, *found})
    ]


def _drawn(game: Game, seed: int, deal: int, plies: int, minimax: Minimax) -> list[int]:
    """Return what the deal fixes before the first decision, as an episode would meet it."""
    state, tape, events = game.spiel.new_initial_state(), Tape(game, seed, deal), list[int]()
    while state.is_chance_node():
        events.append(tape.resolve(state, None))
        state.apply_action(events[-1])
    # Seats that move at once have no openings, so each step is one action.
    moves = opening(game, seed, deal, plies, minimax)
    return events + [move for move in moves if isinstance(move, int)]


def _lines(game: Game, plies: int) -> Iterator[tuple[tuple[int, ...], float]]:
    """Yield everything that a deal may fix before the first decision, with weights.

    Stops after MOST_LINES + 1 lines.
    """
    plies, minimax = random_plies(game, plies), Minimax()
    waiting: list[tuple[pyspiel.State, tuple[int, ...], float]] = [
        (game.spiel.new_initial_state(), (), 1.0)
    ]
    count = 0
    while waiting and count <= MOST_LINES:
        state, line, chance = waiting.pop()
        if state.is_chance_node():
            following = state.chance_outcomes()
        elif len(line) < plies and not state.is_terminal():
            actions = state.legal_actions()
            following = [(action, 1 / len(actions)) for action in actions]
        else:
            if plies == 0 or (not state.is_terminal() and keeps_value(game, state, minimax)):
                count += 1
                yield line, chance
            continue
        waiting += [(state.child(a), (*line, a), chance * p) for a, p in following]
