"""Bargaining over books, hats and balls; each player's item values are hidden from the other."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import pyspiel

from gamegrid.games.game import Game, Scoring, Tag

ITEMS = ("book", "hat", "ball")
MOST_TURNS = 20
AGREE = "Agree"
"""OpenSpiel's name for accepting the last offer. All its other actions are offers."""


@dataclass(frozen=True, slots=True)
class Negotiation:
    """What one seat knows.

    Each list of numbers has one entry per item, in the order of ``ITEMS``. An offer lists what its
    maker would keep.
    """

    pool: list[int]
    values: list[int]
    offers: list[list[int]]


class Bargaining(Game):
    """OpenSpiel's bargaining with default settings; chance first draws one of its 1000 cases.

    OpenSpiel ends the game at the last offer, which nobody can accept any more. The rules say so.
    """

    short_name = "bargaining"
    aliases: ClassVar = {"bargaining_5": "bargaining(max_turns=5)"}
    parameters = frozenset({"max_turns"})
    scoring = Scoring.PAYOFF
    themes = (Tag.NEGOTIATION,)

    @property
    def turns(self) -> int:
        """Maximum number of turns, counted over both players."""
        return int(self.spiel.get_parameters()["max_turns"])

    @property
    def title(self) -> str:
        return f"Bargaining ({self.turns} turns)"

    def unsupported_reason(self) -> str | None:
        if not 2 <= self.turns <= MOST_TURNS:
            return f"max_turns must be between 2 and {MOST_TURNS}."
        return None

    def rules(self) -> str:
        worth = int(self.spiel.max_utility())
        last = self.seat_name((self.turns - 1) % self.players)
        return (
            f"Two players, Player 1 and Player 2, divide a pool of books, hats and balls: 5 to 7 "
            f"items in all, at least one of each kind. To each player every item of a kind is "
            f"worth the same whole number of points, which may be 0; what a kind is worth differs "
            f"from player to player. Both know the pool, but each player knows only the own "
            f"values. Pool and values are drawn at random, but to each player the whole pool is "
            f"worth {worth} points, every kind is worth something to at least one of the two, and "
            f"at least one kind to both. The players take turns; Player 1 moves first. In a turn "
            f"a player makes an offer or agrees. An offer says what the player who makes it would "
            f"keep, which is any part of the pool, also nothing or everything; the other player "
            f"would get the rest. To agree, which is possible from the second turn on, is to "
            f"accept the other player's last offer; earlier offers no longer count. It ends the "
            f"game: the player who made that offer keeps what it says, the other player gets the "
            f"rest, and each player's result is what the items they get are worth to them, "
            f"whatever the other player gets. There are at most {self.turns} turns, counted over "
            f"both players. If nobody has agreed by then, both get 0 points. So an offer made in "
            f"turn {self.turns}, the last one, ends the game without agreement: {last}, whose turn "
            f"it is, can only agree or get nothing."
        )

    def observation(self, state: pyspiel.State, seat: int) -> str:
        known = _known(state, seat)
        values = ", ".join(f"{item} {n}" for item, n in zip(ITEMS, known.values, strict=True))
        offers = [
            f"Turn {n + 1}: {self._offer(known.pool, offer, n % self.players, seat)}."
            for n, offer in enumerate(known.offers)
        ]
        turn = len(offers) + 1
        last = " An offer now ends the game without agreement." if turn == self.turns else ""
        return "\n".join(
            [
                f"You are {self.seat_name(seat)}. The pool: {_items(known.pool)}.",
                f"Points that one item is worth to you: {values}.",
                *(offers or ["No offer has been made yet."]),
                f"Now: turn {turn} of {self.turns}.{last}",
            ]
        )

    def label(self, state: pyspiel.State, seat: int, action: int) -> str:
        name = state.action_to_string(seat, action)
        return "agree" if name == AGREE else f"keep {_items(_numbers(name))}"

    def _offer(self, pool: list[int], offer: list[int], maker: int, observer: int) -> str:
        """Describe an offer and what it leaves to the other player."""
        rest = [total - kept for total, kept in zip(pool, offer, strict=True)]
        who = "you" if maker == observer else self.seat_name(maker)
        whom = self.seat_name(1 - maker) if maker == observer else "you"
        return f"{who} offered to keep {_items(offer)} and to leave {whom} {_items(rest)}"


def _known(state: pyspiel.State, seat: int) -> Negotiation:
    """Parse OpenSpiel's information state, which holds nothing hidden from the seat."""
    pool, values, _, *offers = state.information_state_string(seat).splitlines()
    return Negotiation(_numbers(pool), _numbers(values), [_numbers(offer) for offer in offers])


def _numbers(text: str) -> list[int]:
    """Return the numbers of a text such as "P0 offers: Offer: Book: 1, Hat: 0, Basketball: 2"."""
    return [int(number) for number in re.findall(r": (\d+)", text)]


def _items(numbers: Sequence[int]) -> str:
    """Write out the count of each item: "1 book, 0 hats, 2 balls"."""
    return ", ".join(
        f"{n} {item}{'' if n == 1 else 's'}" for item, n in zip(ITEMS, numbers, strict=True)
    )


GAME = Bargaining
