"""Draw Goofspiel: the cards left in each hand, the points, and the bids for each prize."""

import pyspiel

from gamegrid.games.goofspiel import Goofspiel, PrizeRound
from gamegrid.report.boards import table
from gamegrid.report.boards.board import Board


def draw(game: Goofspiel, state: pyspiel.State, seat: int | None = None) -> str:
    """Draw all hands and all bids, including hidden ones, or only those of ``seat``."""
    rounds = game.rounds_over(state)
    if state.is_terminal():
        rounds.append(_last(game, rounds))
    names = [game.seat_name(seat) for seat in range(game.players)]
    hands = []
    for owner, name in enumerate(names):
        bid = {over.bids[owner] for over in rounds}
        numbers = [str(card) for card in range(1, game.cards + 1) if card not in bid]
        left = [table.shown(card, owner, seat) for card in numbers]
        points = sum(over.prize for over in rounds if over.winner == owner)
        hands.append(table.Hand(name, left, f"{points} points"))
    if not (state.is_terminal() or state.is_chance_node()):
        hands.append(table.Hand("Prize", [str(game.prize(state))], seated=False))
    lines = [
        (
            str(over.prize),
            *(table.shown(str(card), owner, seat) or "?" for owner, card in enumerate(over.bids)),
            "nobody" if over.winner is None else names[over.winner],
        )
        for over in rounds
    ]
    return table.draw(f"{game.title}.", hands, table.Words(("prize", *names, "won by"), lines))


def _last(game: Goofspiel, before: list[PrizeRound]) -> PrizeRound:
    """Return the last round, which OpenSpiel plays by itself and leaves out of the history."""
    cards = set(range(1, game.cards + 1))
    [prize] = cards - {over.prize for over in before}
    left = [cards - {over.bids[seat] for over in before} for seat in range(game.players)]
    return PrizeRound(prize, [card for hand in left for card in hand])


BOARD = Board(Goofspiel, draw, seen=draw)
