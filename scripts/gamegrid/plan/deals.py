"""Deals: the luck that every matchup and seating of a deal shares.

A deal fixes every chance event of a game, or a random opening where the game has no chance.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import pyspiel

from gamegrid import games
from gamegrid.config.types import GridConfig, parts_of
from gamegrid.errors import UserError
from gamegrid.games.game import Game, Joint, apply
from gamegrid.luck import deal_draw
from gamegrid.oracles.minimax import Minimax

MAX_DRAWS = 10_000
MOST_LINES = 1000
"""Search all openings of a length up to this many; among so few, each is drawn at some deal."""


@dataclass(frozen=True, slots=True)
class Start:
    """What a deal fixes before it is played: its opening, and its chance events if balanced."""

    opening: tuple[Joint, ...] = ()
    events: tuple[int, ...] | None = None
    """Which outcome each chance event has, from 0, by the number of the event. None if a ``Tape``
    draws them."""


@dataclass(slots=True)
class Tape:
    """One deal's chance events, resolved as an episode meets them.

    Where dice follow a move, events are counted for each mover, so that a mover gets the same dice
    in every episode of the deal. Elsewhere all events are counted together.
    """

    game: Game
    seed: int
    deal: int
    events: tuple[int, ...] | None = None
    """See ``Start``."""
    counts: Counter[str] = field(default_factory=Counter)

    def resolve(self, state: pyspiel.State, mover: int | None) -> int:
        """Return the outcome of a chance node; ``mover`` is the seat that moved last.

        Raises IndexError at more chance events than ``events`` fixes.
        """
        row = f"seat {mover}" if self.game.dice and mover is not None else "event"
        number = self.counts[row]
        self.counts[row] += 1
        if self.events is not None:
            return int(state.chance_outcomes()[self.events[number]][0])
        draw = deal_draw(self.seed, self.game.luck_name, self.deal, f"chance {row} {number}")
        outcomes = state.chance_outcomes()
        return int(draw.choices([a for a, _ in outcomes], [p for _, p in outcomes])[0])


def opening(game: Game, seed: int, deal: int, plies: int, minimax: Minimax) -> list[Joint]:
    """Return the opening of a deal: ``plies`` uniformly random moves, none in a game of chance.

    Openings that end the game are drawn again. So are those that change its value, if the oracle
    knows it: a deal that is lost from the start measures nobody. Raises ValueError if no opening
    of this length is left undecided.
    """
    if not random_plies(game, plies):
        return []
    for attempt in range(MAX_DRAWS):
        draw = deal_draw(seed, game.luck_name, deal, f"opening {attempt}")
        state, moves = game.spiel.new_initial_state(), list[Joint]()
        while len(moves) < plies and not state.is_terminal():
            moves.append(draw.choice(state.legal_actions()))
            apply(state, moves[-1])
        if not state.is_terminal() and keeps_value(game, state, minimax):
            return moves
    raise ValueError(f"{game.load_string}: no undecided opening of {plies} plies")


def check_opening(game: Game, seed: int, plies: int) -> None:
    """Raise ValueError if openings of this length leave nothing to play.

    If no opening of this length ends the game, best play is one of them and keeps the game's value.
    That spares a search for the value, which may take seconds.
    """
    if random_plies(game, plies) and not (game.balanced_openings and _all_go_on(game, plies)):
        opening(game, seed, 0, plies, Minimax())


def deals_of(config: GridConfig, game: Game) -> int:
    """Return how many deals every matchup of a game gets in the whole grid."""
    own = {games.load(name).load_string: deals for name, deals in config.game_deals.items()}
    return own.get(game.load_string, config.deals)


def played_deals(config: GridConfig, game: Game) -> range:
    """Return the deals of a game that are played here: all, or those of the shard."""
    return deals_of_shard(deals_of(config, game), config.shard)


def deals_of_shard(deals: int, shard: str | None) -> range:
    """Return which of all deals a shard such as ``2/8`` plays; all without one.

    Each deal is in one shard, and the sizes of two shards differ by at most one deal.
    """
    part, parts = parts_of(shard or "1/1")
    return range(deals * (part - 1) // parts, deals * part // parts)


def share_of_shard(config: GridConfig, played: Iterable[Game]) -> float:
    """Return which share of all deals of the games ``played`` is played here."""
    shares = [(len(played_deals(config, game)), deals_of(config, game)) for game in played]
    return sum(here for here, _ in shares) / sum(whole for _, whole in shares)


def check_game_deals(config: GridConfig, known: Iterable[Game]) -> None:
    """Refuse deals of games that are not in the grid, or that are named twice. Raises UserError."""
    wanted, seen = {game.load_string: game.name for game in known}, set[str]()
    for name in config.game_deals:
        load_string = games.load(name).load_string
        if load_string not in wanted:
            raise UserError(
                f"config: game_deals: {name!r} is not among the grid's games "
                f"({', '.join(wanted.values())})."
            )
        if load_string in seen:
            raise UserError(f"config: game_deals: {name!r} names a game a second time.")
        seen.add(load_string)


def opening_plies(config: GridConfig, game: Game) -> int:
    """Return how many random plies open each deal of a game."""
    return game.opening_plies if config.opening_plies == "auto" else config.opening_plies


def random_plies(game: Game, plies: int) -> int:
    """Return how many random plies open each deal if ``plies`` are asked for.

    A game of chance has none, for chance makes its deals differ. Nor has a game in which seats move
    at once.
    """
    return 0 if game.chance or not game.sequential else plies


def max_plies(config: GridConfig, game: Game) -> int:
    """Return after how many decisions an episode of a game is cut off."""
    return config.max_plies or game.max_plies


def _all_go_on(game: Game, plies: int) -> bool:
    """Return True if no ``plies`` moves end the game, False if one does or they are too many."""
    states = [game.spiel.new_initial_state()]
    for _ in range(plies):
        states = [state.child(action) for state in states for action in state.legal_actions()]
        if len(states) > MOST_LINES or any(state.is_terminal() for state in states):
            return False
    return True


def keeps_value(game: Game, state: pyspiel.State, minimax: Minimax) -> bool:
    """Return False if the oracle knows that a position is worth more or less than the start."""
    if not game.balanced_openings:
        return True
    return minimax.value(state) == minimax.value(game.spiel.new_initial_state())
