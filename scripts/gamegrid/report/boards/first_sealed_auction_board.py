"""Draw sealed-bid auctions: the object's value to each player, and the bids."""

import pyspiel

from gamegrid.games.first_sealed_auction import FirstSealedAuction
from gamegrid.report.boards import table
from gamegrid.report.boards.board import Board


def draw(game: FirstSealedAuction, state: pyspiel.State, seat: int | None = None) -> str:
    """Draw the values as cards, with the bids beside them, or only those of ``seat``."""
    steps, players = state.history(), game.players
    values, bids, winner = steps[:players], steps[players : 2 * players], steps[2 * players :]
    hands = [
        table.Hand(
            game.seat_name(owner),
            [table.shown(str(value), owner, seat)],
            f"bid {bids[owner]}{', wins' if winner == [owner] else ''}"
            if owner < len(bids) and seat in (None, owner)
            else "",
        )
        for owner, value in enumerate(values)
    ]
    return table.draw(f"{game.title}. Value of the object to each.", hands)


BOARD = Board(FirstSealedAuction, draw, seen=draw)
