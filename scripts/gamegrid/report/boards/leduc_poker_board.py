"""Draw Leduc poker: all cards, the stakes, and the betting of both rounds."""

import pyspiel

from gamegrid.games.cards import chips
from gamegrid.games.leduc_poker import CALL, LeducPoker
from gamegrid.report.boards import table
from gamegrid.report.boards.board import Board

MONEY = 100
"""The money that OpenSpiel gives each player at the start."""


def draw(game: LeducPoker, state: pyspiel.State, seat: int | None = None) -> str:
    """Draw the hands face up, or only that of ``seat``, and the public card once it is dealt."""
    players = game.players
    dealt = [entry.action for entry in state.full_history() if entry.player < 0]
    said = list(table.moves(game, state))
    folded = {mover for mover, word in said if word == "Fold"}
    stakes = _stakes(game, state)
    hands = [
        table.Hand(
            game.seat_name(owner),
            [table.shown(game.card(card), owner, seat)],
            f"{chips(stakes[owner])}{', folded' if owner in folded else ''}",
        )
        for owner, card in enumerate(dealt[:players])
    ]
    public = [game.card(card) for card in dealt[players:]]
    hands.append(table.Hand("Public card", public, seated=False))
    betting = table.Words(("betting", ""), [(game.seat_name(mover), word) for mover, word in said])
    return table.draw(f"{game.title}.", hands, betting)


def _stakes(game: LeducPoker, state: pyspiel.State) -> list[float]:
    """Return the chips that each player has put in, even after OpenSpiel has paid out the pot."""
    if not state.is_terminal():
        return [MONEY - money for money in state.money()]
    *steps, end = state.history()
    before = game.replay(steps)
    stakes = [MONEY - money for money in before.money()]
    if end == CALL:
        stakes[before.current_player()] = max(stakes)
    return stakes


BOARD = Board(LeducPoker, draw, seen=draw)
