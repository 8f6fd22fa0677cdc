"""Pig: roll a die as often as you dare; the first to reach the target score wins."""

from typing import ClassVar

import pyspiel

from gamegrid.games.game import Game, Oracle, Scoring, Tag

ROLL = 0
STOP = 1
CHOICES_PER_POINT = 2
"""Choices per target point after which a player is considered to be making no progress."""
MOST_POINTS = 1000
SOLVED_POINTS = 30
"""Highest target score at which the two-player game is solved almost instantly."""
MOST_PLAYERS = 10


class Pig(Game):
    """OpenSpiel's pig; action 0 rolls and action 1 stops; a die outcome is its face minus one."""

    short_name = "pig"
    themes = (Tag.DICE, Tag.RACE)
    aliases: ClassVar = {"pig_20": "pig(winscore=20)"}
    parameters = frozenset({"winscore", "horizon", "players"})
    scoring = Scoring.WIN_LOSS
    dice = True

    @property
    def target(self) -> int:
        """The score that wins."""
        return int(self.spiel.get_parameters()["winscore"])

    @property
    def title(self) -> str:
        seats = "" if self.players == 2 else f" for {self.players} players"
        return f"Pig{seats} (to {self.target} points)"

    @property
    def max_plies(self) -> int:
        # OpenSpiel's horizon also counts choices, but lies far beyond any game that makes progress.
        return min(super().max_plies, CHOICES_PER_POINT * self.players * self.target)

    @property
    def oracle(self) -> Oracle:
        solved = self.players == 2 and self.target <= SOLVED_POINTS
        return Oracle.EXACT if solved else Oracle.NONE

    def unsupported_reason(self) -> str | None:
        if not 2 <= self.target <= MOST_POINTS or super().max_plies < self.players:
            return (
                f"winscore must be between 2 and {MOST_POINTS}, and horizon large enough for "
                f"every player to choose once."
            )
        if not 2 <= self.players <= MOST_PLAYERS:  # OpenSpiel does not check
            return f"players must be between 2 and {MOST_PLAYERS}."
        return None

    def rules(self) -> str:
        *first, last = [self.seat_name(seat) for seat in range(self.players)]
        others = "the other loses" if self.players == 2 else "all others lose"
        return (
            f"{', '.join(first)} and {last} take turns in this order; {self.seat_name(0)} moves "
            f"first. All scores are 0 at the start. A turn begins with a turn total of 0, and in "
            f"it the player chooses Roll or Stop until the turn ends. Roll: a die with the faces "
            f"1 to 6 is rolled; a 2, 3, 4, 5 or 6 is added to the turn total and the player "
            f"chooses again; a 1 ends the turn at once, and the turn total is lost. Stop: the "
            f"turn total is added to the player's score and the turn ends; this is allowed at "
            f"once too. When score and turn total together make {self.target} or more, the "
            f"player must stop. The first player with a score of {self.target} or more wins and "
            f"{others}. If nobody has won after {self.max_plies} choices, those of all players "
            f"counted together, the game is a draw."
        )

    def observation(self, state: pyspiel.State, seat: int) -> str:
        scores, total = self.standing(state)
        held = [f"{self.seat_name(n)} has {score}" for n, score in enumerate(scores)]
        return (
            f"You are {self.seat_name(seat)}.\n"
            f"Scores: {', '.join(held)}.\n"
            f"{self.seat_name(state.current_player())} is to choose. Turn total: {total}.\n"
            f"Choices made so far: {self.choices(state)} of {self.max_plies}."
        )

    def label(self, state: pyspiel.State, seat: int, action: int) -> str:
        return "Roll" if action == ROLL else "Stop"

    def describe_chance(self, state: pyspiel.State, action: int, observer: int) -> str | None:
        return f"Die: {action + 1}"

    def standing(self, state: pyspiel.State) -> tuple[list[int], int]:
        """Return the scores of all seats, and the turn total of the seat to choose."""
        # The first line of OpenSpiel's text is "Scores: 7 0, Turn total: 2".
        scores, total = str(state).split("\n")[0].split(", ")
        return [int(score) for score in scores.split(":")[1].split()], int(total.split(":")[1])

    def choices(self, state: pyspiel.State) -> int:
        """Return how many choices precede this one; each roll is followed by its die."""
        steps = iter(state.history())
        choices = 0
        for step in steps:
            choices += 1
            if step == ROLL:
                next(steps, None)
        return choices


GAME = Pig
