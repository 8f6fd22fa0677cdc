"""Draw matrix games: the choices, the payoffs, and the payoff table."""

from collections.abc import Mapping

import pyspiel

from gamegrid.games.game import Game
from gamegrid.games.matrix import MatrixGame
from gamegrid.report.boards import table
from gamegrid.report.boards.board import Board


def draw(game: Game, state: pyspiel.State) -> str:
    """Draw the choices as cards, and for two players the payoff table, with seat 0 in the rows."""
    choices = dict(table.moves(game, state))
    paid = state.returns() if state.is_terminal() else None
    hands = [
        table.Hand(
            game.seat_name(seat),
            [choices[seat]] if seat in choices else [],
            f"{paid[seat]:+g}" if paid else "",
        )
        for seat in range(game.players)
    ]
    return table.draw(
        f"{game.title}.", hands, _payoffs(game, choices) if game.players == 2 else None
    )


def _payoffs(game: Game, choices: Mapping[int, str]) -> table.Words:
    """Return the payoff table, with the cell marked that both seats' choices led to."""
    start = game.spiel.new_initial_state()
    across = start.legal_actions(1)
    lines = [
        (
            game.label(start, 0, own),
            *(_pair(game.replay([[own, other]]).returns()) for other in across),
        )
        for own in start.legal_actions(0)
    ]
    heads = game.labels(start, 1)
    chosen = None
    if len(choices) == game.players:
        chosen = (game.labels(start, 0).index(choices[0]), 1 + heads.index(choices[1]))
    return table.Words(("", *heads), lines, mark=False, chosen=chosen)


def _pair(paid: list[float]) -> str:
    return ", ".join(f"{amount:g}" for amount in paid)


BOARD = Board(MatrixGame, draw)  # type: ignore[type-abstract]  # only subclasses are instantiated
