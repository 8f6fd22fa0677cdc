"""A first-price auction: one sealed bid each; the highest bidder pays their own bid."""

from typing import ClassVar

import pyspiel

from gamegrid.games.game import Game, Scoring, Tag
from gamegrid.games.matrix import joined, points

MOST_PLAYERS = 10
MOST_VALUE = 100


class FirstSealedAuction(Game):
    """OpenSpiel's first_sealed_auction; the action is the bid.

    A history holds all values, then all bids, then the winner. Chance picks the winner among the
    highest bidders.
    """

    short_name = "first_sealed_auction"
    aliases: ClassVar = {"first_sealed_auction_3p": "first_sealed_auction(players=3)"}
    parameters = frozenset({"max_value", "players"})
    scoring = Scoring.PAYOFF
    themes = (Tag.BETTING,)

    @property
    def most(self) -> int:
        """The highest value the object can have for a player."""
        return int(self.spiel.get_parameters()["max_value"])

    @property
    def title(self) -> str:
        return f"First-price sealed-bid auction ({self.players} players, values 1 to {self.most})"

    def unsupported_reason(self) -> str | None:
        if not (2 <= self.most <= MOST_VALUE and 2 <= self.players <= MOST_PLAYERS):
            return (
                f"max_value must be between 2 and {MOST_VALUE}, "
                f"players between 2 and {MOST_PLAYERS}."
            )
        return None

    def rules(self) -> str:
        names = joined([self.seat_name(seat) for seat in range(self.players)])
        return (
            f"{self.players} players, {names}, bid for one object. To each player the object has "
            f"a value of its own: a whole number from 1 to {self.most}, drawn at random, all "
            f"numbers being equally likely, and independently of the values to the others. "
            f"Each player knows the own value only. Each player makes one bid, without knowing "
            f"the bids of the others: a whole number from 0 up to the own value minus 1. The "
            f"highest bid wins the object; if more than one player made it, one of them is drawn "
            f"at random, all with the same chance. The winner pays the own bid: the winner's "
            f"result is the value to the winner minus the winner's bid, in points. All other "
            f"players pay nothing and get 0 points."
        )

    def observation(self, state: pyspiel.State, seat: int) -> str:
        history = state.history()
        bids = history[self.players :]
        lines = [
            f"You are {self.seat_name(seat)}. The value of the object to you: "
            f"{points(history[seat])}. All other values, and all other bids, are hidden."
        ]
        if seat < len(bids):
            lines.append(f"You have bid {bids[seat]}.")
        return "\n".join(lines)

    def label(self, state: pyspiel.State, seat: int, action: int) -> str:
        return f"bid {action}"

    def describe(self, state: pyspiel.State, seat: int, action: int, observer: int) -> str | None:
        return None  # bids are hidden, and a player's own bid is that player's last action


GAME = FirstSealedAuction
