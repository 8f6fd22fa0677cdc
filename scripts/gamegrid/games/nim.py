"""Nim: take objects from piles; whoever takes the last object wins or, in misère play, loses."""

from math import prod
from typing import ClassVar

import pyspiel

from gamegrid.games.game import Game, Oracle, Scoring, Tag

MOST_OBJECTS = 99
SOLVED_SEARCH = 60_000
"""Search takes at most a second if positions times objects does not exceed this."""


class Nim(Game):
    """OpenSpiel's nim; action = (objects taken - 1) * number of piles + pile, counted from 0."""

    short_name = "nim"
    themes = (Tag.ARITHMETIC,)
    aliases: ClassVar = {"nim_normal": "nim(is_misere=false)"}
    parameters = frozenset({"pile_sizes", "is_misere"})
    scoring = Scoring.WIN_LOSS
    opening_plies = 2

    @property
    def sizes(self) -> list[int]:
        """Objects in each pile at the start."""
        return [int(size) for size in self._written.split(";")]

    @property
    def misere(self) -> bool:
        """True if whoever takes the last object loses."""
        return bool(self.spiel.get_parameters()["is_misere"])

    @property
    def title(self) -> str:
        end = "the last object loses" if self.misere else "the last object wins"
        return f"Nim (piles of {'-'.join(map(str, self.sizes))}; {end})"

    @property
    def oracle(self) -> Oracle:
        positions = prod(size + 1 for size in self.sizes)
        return Oracle.EXACT if positions * sum(self.sizes) <= SOLVED_SEARCH else Oracle.NONE

    def unsupported_reason(self) -> str | None:
        sizes = self.sizes
        # The rest of the suite would take another spelling of the same numbers for another game.
        plain = ";".join(map(str, sizes)) == self._written
        # Two unequal piles have only one good first move, so all deals would open alike.
        if not plain or len(sizes) < 3 or min(sizes) < 1 or sum(sizes) > MOST_OBJECTS:
            return (
                f"pile_sizes must be three or more positive whole numbers that add up to at most "
                f"{MOST_OBJECTS}, such as 3;4;5."
            )
        return None

    def rules(self) -> str:
        piles = "; ".join(f"pile {n} has {_objects(size)}" for n, size in enumerate(self.sizes, 1))
        end = (
            "The player who takes the very last object of all loses and the other wins"
            if self.misere
            else "The player who takes the very last object of all wins and the other loses"
        )
        return (
            f"There are {len(self.sizes)} piles of objects. At the start {piles}. Two players, "
            f"Player 1 and Player 2, take turns; Player 1 moves first. In a turn a player chooses "
            f"one pile that is not empty and takes any number of objects from it, at least one "
            f"and at most all of them. Nobody may pass. {end}; a draw is not possible."
        )

    def observation(self, state: pyspiel.State, seat: int) -> str:
        left = [int(size) for size in state.observation_string(seat).split(":")[1].split()]
        piles = [f"Pile {n}: {_objects(size)}." for n, size in enumerate(left, 1)]
        return "\n".join([f"You are {self.seat_name(seat)}.", *piles])

    def label(self, state: pyspiel.State, seat: int, action: int) -> str:
        taken, pile = divmod(action, len(self.sizes))
        return f"take {taken + 1} from pile {pile + 1}"

    @property
    def _written(self) -> str:
        return str(self.spiel.get_parameters()["pile_sizes"])


def _objects(count: int) -> str:
    return f"{count or 'no'} object{'' if count == 1 else 's'}"


GAME = Nim
