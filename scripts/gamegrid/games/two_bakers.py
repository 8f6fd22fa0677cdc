"""Two bakers: the prisoner's dilemma, told as setting the price of bread."""

from collections.abc import Mapping
from types import MappingProxyType

import pyspiel

from gamegrid.games.disguise import Disguise
from gamegrid.games.matrix import MatrixGame

PRICES: Mapping[str, str] = MappingProxyType({"Cooperate": "Keep", "Defect": "Lower"})


class TwoBakers(Disguise, MatrixGame):
    """The payoff table of matrix_pd in other words."""

    short_name = "two_bakers"
    plain = "matrix_pd"
    stage_title = "Two bakers"

    def rules(self) -> str:
        return (
            "Two bakers sell bread in one village. Each decides for one day to keep the price or "
            f"to lower it; points are the day's earnings. {super().rules()}"
        )

    def seat_name(self, seat: int) -> str:
        return ("East baker", "West baker")[seat]

    def label(self, state: pyspiel.State, seat: int, action: int) -> str:
        return PRICES[super().label(state, seat, action)]


GAME = TwoBakers
