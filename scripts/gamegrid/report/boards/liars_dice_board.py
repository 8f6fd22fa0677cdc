"""Draw liar's dice: both dice, and the bids."""

import pyspiel

from gamegrid.games.liars_dice import SEATS, LiarsDice
from gamegrid.report.boards import table
from gamegrid.report.boards.board import Board


def draw(game: LiarsDice, state: pyspiel.State) -> str:
    """Draw both dice as numbers, and the bids in order."""
    hands = [
        table.Hand(game.seat_name(seat), [str(die + 1)])
        for seat, die in enumerate(state.history()[:SEATS])
    ]
    bids = [(game.seat_name(seat), word) for seat, word in table.moves(game, state)]
    return table.draw(f"{game.title}.", hands, table.Words(("bids", ""), bids))


BOARD = Board(LiarsDice, draw)
