"""Draw Kuhn poker: all cards, the stakes, and the betting."""

import pyspiel

from gamegrid.games.cards import chips
from gamegrid.games.kuhn_poker import KuhnPoker
from gamegrid.report.boards import table
from gamegrid.report.boards.board import Board

STAKES = ("Bet", "Call")


def draw(game: KuhnPoker, state: pyspiel.State, seat: int | None = None) -> str:
    """Draw the hands of all players face up, or only that of ``seat``."""
    said = list(table.moves(game, state))
    hands = []
    for owner, dealt in enumerate(state.history()[: game.players]):
        own = [word for mover, word in said if mover == owner]
        stake = 1 + sum(word in STAKES for word in own)
        note = f"{chips(stake)}{', folded' if 'Fold' in own else ''}"
        card = table.shown(game.deck[dealt], owner, seat)
        hands.append(table.Hand(game.seat_name(owner), [card], note))
    betting = table.Words(("betting", ""), [(game.seat_name(mover), word) for mover, word in said])
    return table.draw(f"{game.title}.", hands, betting)


BOARD = Board(KuhnPoker, draw, seen=draw)
