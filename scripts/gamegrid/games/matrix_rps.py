"""Rock-paper-scissors, once: both choose at the same time."""

import pyspiel

from gamegrid.games.base import Game, Oracle, Scoring

MOVES = ("Rock", "Paper", "Scissors")


class RockPaperScissors(Game):
    """OpenSpiel's matrix_rps; actions 0, 1, 2 are rock, paper, scissors."""

    short_name = "matrix_rps"
    scoring = Scoring.WIN_LOSS
    title = "Rock-paper-scissors (one round)"
    oracle = Oracle.EQUILIBRIUM

    def rules(self) -> str:
        return (
            "Two players choose Rock, Paper or Scissors at the same time, without knowing the "
            "other's choice, once. Rock beats Scissors, Scissors beats Paper, Paper beats Rock: "
            "the winner gets 1 point and the loser loses 1 point. Equal choices are a draw, 0 "
            "points for both."
        )

    def view(self, state: pyspiel.State, seat: int) -> str:
        other = self.seat_name(1 - seat)
        return f"You are {self.seat_name(seat)}. {other} is choosing at the same time as you."

    def label(self, state: pyspiel.State, seat: int, action: int) -> str:
        return MOVES[action]


GAME = RockPaperScissors
