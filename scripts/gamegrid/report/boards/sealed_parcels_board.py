"""Draw Sealed Parcels: the contents of both parcels, the coins, and the moves."""

import pyspiel

from gamegrid.games.sealed_parcels import METALS, SealedParcels
from gamegrid.report.boards import table
from gamegrid.report.boards.board import Board

COINS = ("Pledge", "Match")


def draw(game: SealedParcels, state: pyspiel.State, seat: int | None = None) -> str:
    """Draw both parcels opened, or only that of ``seat``."""
    said = list(table.moves(game, state))
    hands = [
        table.Hand(
            game.seat_name(owner),
            [table.shown(METALS[metal], owner, seat)],
            _coins([word for mover, word in said if mover == owner]),
        )
        for owner, metal in enumerate(state.history()[:2])
    ]
    words = table.Words(("said", ""), [(game.seat_name(mover), word) for mover, word in said])
    return table.draw(f"{game.title}.", hands, words)


def _coins(said: list[str]) -> str:
    laid = 1 + sum(word in COINS for word in said)
    return f"{laid} coin{'s' if laid > 1 else ''}{', left' if 'Leave' in said else ''}"


BOARD = Board(SealedParcels, draw, seen=draw)
