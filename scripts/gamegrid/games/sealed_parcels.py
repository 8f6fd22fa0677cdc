"""Sealed parcels: two-player Kuhn poker, told as a deal between two merchants in a harbour."""

import pyspiel

from gamegrid.games.disguise import Disguise
from gamegrid.games.grids import listing
from gamegrid.games.kuhn_poker import BET, PASS

METALS = ("copper", "silver", "gold")
DONE = {"Wait": "waited", "Pledge": "pledged", "Leave": "left", "Match": "matched"}


class SealedParcels(Disguise):
    """The game tree of kuhn_poker; the first two actions of a history hand out the parcels."""

    short_name = "sealed_parcels"
    plain = "kuhn_poker"
    title = "Sealed parcels"

    def rules(self) -> str:
        return (
            "A harbour master keeps three sealed parcels that hold copper, silver and gold; gold "
            "is worth more than silver, silver more than copper. Two merchants, North and South, "
            "each lay 1 coin into a chest and get one parcel, chosen by lot, into which they "
            "alone look; the third parcel stays shut. North speaks first. As long as nobody has "
            "pledged, a merchant may Wait (add nothing) or Pledge (add 1 coin to the chest). Once "
            "one merchant has pledged, the other answers, also after having waited: Leave (give "
            "up the chest) or Match (add 1 coin). Nobody can add more. If both wait, or if a "
            "pledge is matched, both parcels are opened and the more valuable one takes the "
            "chest; whoever leaves loses it to the other. A merchant's result is the coins taken "
            "from the chest minus the coins put in."
        )

    def seat_name(self, seat: int) -> str:
        return ("North", "South")[seat]

    def label(self, state: pyspiel.State, seat: int, action: int) -> str:
        return _word(action, _said(state))

    def observation(self, state: pyspiel.State, seat: int) -> str:
        said = _said(state)
        words = [_word(action, said[:number]) for number, action in enumerate(said)]
        done = [f"{self.seat_name(n % 2)} {DONE[word]}" for n, word in enumerate(words)]
        return (
            f"You are {self.seat_name(seat)}. Your parcel holds {METALS[state.history()[seat]]}. "
            f"The chest holds {2 + said.count(BET)} coins.\nSo far: {listing(done)}."
        )


def _said(state: pyspiel.State) -> list[int]:
    return list(state.history()[2:])


def _word(action: int, before: list[int]) -> str:
    if BET in before:
        return "Leave" if action == PASS else "Match"
    return "Wait" if action == PASS else "Pledge"


GAME = SealedParcels
