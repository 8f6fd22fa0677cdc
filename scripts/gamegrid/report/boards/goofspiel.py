"""Goofspiel: the hands that are left, points, and who bid what for each prize."""

import pyspiel

from gamegrid.games.goofspiel import Goofspiel
from gamegrid.report.boards import table
from gamegrid.report.boards.base import Board


def draw(game: Goofspiel, state: pyspiel.State) -> str:
    """Draw all hands and all bids, hidden ones too."""
    rounds = game.rounds_over(state)
    names = [game.seat_name(seat) for seat in range(game.players)]
    hands = []
    for seat, name in enumerate(names):
        bid = {over.bids[seat] for over in rounds}
        left = [str(card) for card in range(1, game.cards + 1) if card not in bid]
        points = sum(over.prize for over in rounds if over.winner == seat)
        hands.append(table.Hand(name, left, f"{points} points"))
    if not (state.is_terminal() or state.is_chance_node()):
        hands.append(table.Hand("Prize", [str(game.prize(state))]))
    lines = [
        (
            str(over.prize),
            *map(str, over.bids),
            "nobody" if over.winner is None else names[over.winner],
        )
        for over in rounds
    ]
    return table.draw(f"{game.title}.", hands, table.Words(("prize", *names, "won by"), lines))


BOARD = Board(Goofspiel, draw)
