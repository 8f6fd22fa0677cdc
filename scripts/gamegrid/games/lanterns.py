"""Lanterns: misère nim with piles of 1, 3, 5 and 7, told as putting out street lanterns."""

import pyspiel

from gamegrid.games.disguise import Disguise

STREETS = ("Mill", "Bridge", "Garden", "Market")
"""Street names in pile order."""


class Lanterns(Disguise):
    """The game tree of nim; action = (lanterns put out - 1) * number of streets + street."""

    short_name = "lanterns"
    plain = "nim"
    title = "Lanterns (whoever puts out the last one loses)"

    def rules(self) -> str:
        lit = _lit(self.spiel.new_initial_state())
        streets = ", ".join(f"{lit[n]} in {name} Street" for n, name in _shown())
        return (
            f"At dusk lanterns are lit: {streets}. Two wardens, Dawn and Dusk, take turns; Dawn "
            f"begins. In a turn a warden goes to one street where a lantern is lit and puts out "
            f"there as many as wanted, at least one. Nobody may stay away. The warden who puts "
            f"out the last lantern of the whole town loses and the other wins; a draw is not "
            f"possible."
        )

    def seat_name(self, seat: int) -> str:
        return ("Dawn", "Dusk")[seat]

    def observation(self, state: pyspiel.State, seat: int) -> str:
        lit = _lit(state)
        streets = [f"{name} Street: {lit[n] or 'none'} lit." for n, name in _shown()]
        return "\n".join([f"You are {self.seat_name(seat)}.", *streets])

    def label(self, state: pyspiel.State, seat: int, action: int) -> str:
        out, street = divmod(action, len(STREETS))
        return f"{STREETS[street]}: put out {out + 1}"


def _shown() -> list[tuple[int, str]]:
    """Return the streets in alphabetical order, each with its pile number."""
    return sorted(enumerate(STREETS), key=lambda street: street[1])


def _lit(state: pyspiel.State) -> list[int]:
    return [int(count) for count in state.observation_string(0).split(":")[1].split()]


GAME = Lanterns
