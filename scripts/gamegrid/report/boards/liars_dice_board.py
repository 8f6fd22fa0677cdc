"""Draw liar's dice: both dice, and the bids."""

import pyspiel

from gamegrid.games.liars_dice import SEATS, LiarsDice
from gamegrid.report.boards import table
from gamegrid.report.boards.board import Board


def draw(game: LiarsDice, state: pyspiel.State, seat: int | None = None) -> str:
    """Draw both dice as numbers, or only that of ``seat``, and the bids in order."""
    hands = [
        table.Hand(game.seat_name(owner), [table.shown(str(die + 1), owner, seat)])
        for owner, die in enumerate(state.history()[:SEATS])
    ]
    bids = [(game.seat_name(mover), word) for mover, word in table.moves(game, state)]
    return table.draw(f"{game.title}.", hands, table.Words(("bids", ""), bids))


BOARD = Board(LiarsDice, draw, seen=draw)
