"""Balanced deals: every deal of a small game, each equally often.

An ordinary grid draws each deal at random, so some come twice and others never. A balanced grid
plays rounds. Each round holds every deal of the game once, in an order drawn from the seed. Its
mean over deals is what ordinary grids approach as their number of deals grows.
"""

from functools import cache
from itertools import product
from math import isclose, prod

import pyspiel

from gamegrid import games
from gamegrid.games.game import Game, Joint, apply
from gamegrid.luck import deal_draw
from gamegrid.oracles.minimax import Minimax
from gamegrid.plan.deals import Start, keeps_value, random_plies

MOST_DEALS = 1000
"""A game with more deals is not small: its grids are cheaper with deals drawn at random."""
MOST_STATES = 100_000
"""Positions that are searched for chance events at most, which takes about a second."""


def number_of_deals(game: Game, plies: int) -> int:
    """Return how many deals a game has that opens with ``plies`` random plies.

    Raises ValueError, with the reason in words, if it has more than ``MOST_DEALS``, if they cannot
    be listed, or if they are not equally likely.
    """
    return len(_every_start(game.load_string, plies))


def balanced_start(game: Game, seed: int, deal: int, plies: int) -> Start:
    """Return the start of a deal of a balanced grid; deals count from 0 across rounds.

    Raises ValueError as ``number_of_deals`` does.
    """
    starts = _every_start(game.load_string, plies)
    number, place = divmod(deal, len(starts))
    order = list(range(len(starts)))
    deal_draw(seed, game.luck_name, number, "round").shuffle(order)
    return starts[order[place]]


@cache
def _every_start(load_string: str, plies: int) -> tuple[Start, ...]:
    game = games.load(load_string)
    if game.chance:
        outcomes = (range(size) for size in _event_sizes(game))
        return tuple(Start(events=events) for events in product(*outcomes))
    return tuple(Start(opening=line) for line in _openings(game, random_plies(game, plies)))


def _event_sizes(game: Game) -> list[int]:
    """Return how many outcomes each chance event of a game has, in the order of events."""
    if game.dice:
        raise ValueError(f"the dice of {game.load_string} follow moves, so its deals have no end")
    sizes, most, searched = list[int](), _most_events(game), 0
    states = [(game.spiel.new_initial_state(), 0)]
    while states:
        state, number = states.pop()
        searched += 1
        if searched > MOST_STATES:
            raise ValueError(f"{game.load_string} is too large to find all its chance events")
        if state.is_terminal() or number == most:
            continue
        if state.is_chance_node():
            _note_event(game, state, number, sizes)
            number += 1
        states += [(child, number) for child in _children(state)]
    return sizes


def _most_events(game: Game) -> int | None:
    """Return the most chance events that an episode can have, or None if OpenSpiel cannot tell."""
    try:
        return int(game.spiel.max_chance_nodes_in_history())
    except pyspiel.SpielError:
        return None


def _note_event(game: Game, state: pyspiel.State, number: int, sizes: list[int]) -> None:
    """Add the number of outcomes of a chance event to ``sizes``, or compare it with the others."""
    chances = [chance for _, chance in state.chance_outcomes()]
    if not all(isclose(chance, chances[0]) for chance in chances):
        raise ValueError(f"the deals of {game.load_string} are not equally likely")
    if number == len(sizes):
        sizes.append(len(chances))
        if prod(sizes) > MOST_DEALS:
            raise _too_many(game, prod(sizes))
    elif sizes[number] != len(chances):
        raise ValueError(f"the chance events of {game.load_string} depend on its moves")


def _openings(game: Game, plies: int) -> list[tuple[Joint, ...]]:
    """Return every opening that ``deals.opening`` may draw."""
    lines: list[tuple[tuple[Joint, ...], int]] = [((), 1)]
    for _ in range(plies):
        longer = list[tuple[tuple[Joint, ...], int]]()
        for line, weight in lines:
            legal = game.replay(line).legal_actions()
            longer += [((*line, action), weight * len(legal)) for action in legal]
        if len(longer) > MOST_DEALS:
            raise _too_many(game, len(longer))
        lines = longer
    minimax, kept = Minimax(), list[tuple[tuple[Joint, ...], int]]()
    for line, weight in lines:
        state = game.replay(line)
        if not state.is_terminal() and (not line or keeps_value(game, state, minimax)):
            kept.append((line, weight))
    if len({weight for _, weight in kept}) > 1:
        raise ValueError(f"openings of {plies} plies in {game.load_string} are not equally likely")
    return [line for line, _ in kept]


def _too_many(game: Game, found: int) -> ValueError:
    return ValueError(
        f"{game.load_string} has at least {found:,} deals, and a balanced game at most "
        f"{MOST_DEALS:,}"
    )


def _children(state: pyspiel.State) -> list[pyspiel.State]:
    """Return the states after every action, or joint action, of a state."""
    if not state.is_simultaneous_node():
        return [state.child(action) for action in state.legal_actions()]
    children = []
    for joint in product(*(state.legal_actions(seat) for seat in range(state.num_players()))):
        children.append(state.clone())
        apply(children[-1], list(joint))
    return children
