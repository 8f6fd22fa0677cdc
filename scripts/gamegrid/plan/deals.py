"""Deals: one tape of luck each, the same for every matchup and seating.

In games with chance the tape fixes every chance event; in games without, a random opening.
"""

from collections import Counter
from dataclasses import dataclass, field

import pyspiel

from gamegrid.games.game import Game, Joint, apply
from gamegrid.luck import deal_draw
from gamegrid.oracles.minimax import Minimax

MAX_DRAWS = 10_000
MOST_LINES = 1000
"""Openings of a length that are all looked at; each of so few is drawn sooner or later."""


@dataclass(slots=True)
class Tape:
    """One deal's chance events, resolved as an episode meets them.

    Events are counted by the mover before them where dice follow a move, so that the same dice
    reach the same mover, and in one row elsewhere.
    """

    game: Game
    seed: int
    deal: int
    counts: Counter[str] = field(default_factory=Counter)

    def resolve(self, state: pyspiel.State, mover: int | None) -> int:
        """Return the outcome of a chance node; ``mover`` is the seat that moved last."""
        row = f"seat {mover}" if self.game.dice and mover is not None else "event"
        number = self.counts[row]
        self.counts[row] += 1
        draw = deal_draw(self.seed, self.game.luck_name, self.deal, f"chance {row} {number}")
        outcomes = state.chance_outcomes()
        return int(draw.choices([a for a, _ in outcomes], [p for _, p in outcomes])[0])


def opening(game: Game, seed: int, deal: int, plies: int, minimax: Minimax) -> list[Joint]:
    """The opening of a deal: ``plies`` uniformly random moves in a game without chance.

    Openings that end the game are resampled, and so are those that change its value where the
    oracle knows it: a deal that is lost before it starts measures nobody. Raises ValueError if no
    opening of this length is left undecided.
    """
    if not _opens(game, plies):
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

    Where no ``plies`` moves end the game, best play is among them, and it keeps the value of the
    game: so much is known without a search for the value, which may take seconds.
    """
    if _opens(game, plies) and not (game.balanced_openings and _all_go_on(game, plies)):
        opening(game, seed, 0, plies, Minimax())


def _opens(game: Game, plies: int) -> bool:
    return plies > 0 and not game.chance and game.sequential


def _all_go_on(game: Game, plies: int) -> bool:
    """Whether no ``plies`` moves end the game; False also where they are too many to look at."""
    states = [game.spiel.new_initial_state()]
    for _ in range(plies):
        states = [state.child(action) for state in states for action in state.legal_actions()]
        if len(states) > MOST_LINES or any(state.is_terminal() for state in states):
            return False
    return True


def keeps_value(game: Game, state: pyspiel.State, minimax: Minimax) -> bool:
    """Whether a position is worth what the start is, as far as the oracle knows."""
    if not game.balanced_openings:
        return True
    return minimax.value(state) == minimax.value(game.spiel.new_initial_state())
