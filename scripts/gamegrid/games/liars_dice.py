"""Liar's dice: one hidden die each; players bid on both dice until somebody calls "Liar"."""

from typing import ClassVar

import pyspiel

from gamegrid.games.game import Game, Oracle, Scoring, Tag
from gamegrid.games.grids import listing

SEATS = 2
"""Number of dice rolls at the start of a history."""
MOST_SIDES = 20
SOLVED_SIDES = 5
"""Largest number of sides for which the equilibrium takes about a second to compute."""


class LiarsDice(Game):
    """OpenSpiel's liars_dice; bid = (quantity - 1) * sides + face - 1; the last action is Liar.

    OpenSpiel cannot resample the hidden die, so ``ismcts`` does not play this game.
    """

    short_name = "liars_dice"
    aliases: ClassVar = {"liars_dice_4": "liars_dice(dice_sides=4)"}
    parameters = frozenset({"dice_sides"})
    scoring = Scoring.WIN_LOSS
    themes = (Tag.DICE, Tag.BETTING)

    @property
    def sides(self) -> int:
        """Number of sides of a die, which is also the wild face."""
        return int(self.spiel.get_parameters()["dice_sides"])

    @property
    def title(self) -> str:
        return f"Liar's dice (one die each, with {self.sides} sides)"

    @property
    def oracle(self) -> Oracle:
        return Oracle.EQUILIBRIUM if self.sides <= SOLVED_SIDES else Oracle.NONE

    def unsupported_reason(self) -> str | None:
        if not 2 <= self.sides <= MOST_SIDES:
            return f"dice_sides must be between 2 and {MOST_SIDES}."
        return None

    def rules(self) -> str:
        wild, highest = self.sides, self._bid(SEATS * self.sides - 1)
        return (
            f"Two players, Player 1 and Player 2, each roll one die with the faces 1 to {wild} "
            f"and see only their own. They take turns; Player 1 moves first, with a bid. A bid, "
            f'such as "{self._bid(0)}" or "{self._bid(self.sides)}", claims that at least so many '
            f"of the two dice together count for that face. A die counts for the face it shows. "
            f"Face {wild} is wild: a die that shows {wild} counts for every face; for face {wild} "
            f"only such dice count. After the first bid, a player in turn either makes a higher "
            f'bid or calls "Liar". A bid is higher than another if it names more dice, of '
            f"whatever face, or equally many dice and a higher face; the highest bid is "
            f'"{highest}". When a player calls "Liar", both dice are shown and the game ends: if '
            f"the last bid is true, the player who made it wins and the caller loses; if it is "
            f"false, the caller wins and the other loses. A draw is not possible."
        )

    def observation(self, state: pyspiel.State, seat: int) -> str:
        die, bids = state.history()[seat] + 1, state.history()[SEATS:]
        lines = [f"{self.seat_name(n % SEATS)} bid {self._bid(bid)}" for n, bid in enumerate(bids)]
        return (
            f"You are {self.seat_name(seat)}. Your die shows {die}. The other die is hidden.\n"
            f"Bids so far: {listing(lines)}."
        )

    def label(self, state: pyspiel.State, seat: int, action: int) -> str:
        return "Liar" if action == SEATS * self.sides else self._bid(action)

    def _bid(self, action: int) -> str:
        quantity, face = divmod(action, self.sides)
        return f"{quantity + 1} {'dice' if quantity else 'die'} of face {face + 1}"


GAME = LiarsDice
