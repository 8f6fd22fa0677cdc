"""Draw repeated games: the rounds played, and the points so far."""

import pyspiel

from gamegrid.games.repeated_game import RepeatedGame
from gamegrid.report.boards import table
from gamegrid.report.boards.board import Board

SHOWN = 12
"""Number of rounds drawn, counted from the last one. The points are those of all rounds."""


def draw(game: RepeatedGame, state: pyspiel.State) -> str:
    """Draw one line per round: the choices and their payoffs."""
    rounds = game.rounds_over(state)
    start = game.stage.spiel.new_initial_state()
    names = [game.seat_name(seat) for seat in range(game.players)]
    hands = [
        table.Hand(name, [], f"{sum(over.paid[seat] for over in rounds):g} points")
        for seat, name in enumerate(names)
    ]
    lines = [
        (
            str(number),
            *(
                f"{game.stage.label(start, seat, action)} {over.paid[seat]:+g}"
                for seat, action in enumerate(over.actions)
            ),
        )
        for number, over in enumerate(rounds, 1)
    ]
    words = table.Words(("round", *names), lines[-SHOWN:])
    return table.draw(f"{game.title}.", hands, words)


BOARD = Board(RepeatedGame, draw)
