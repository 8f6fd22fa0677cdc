"""Blackjack as OpenSpiel plays it: one player, one hand, one deck, a fixed stake of one point."""

from collections.abc import Callable

import pyspiel

from gamegrid.games.cards import RANKS
from gamegrid.games.game import Game, Scoring, Tag
from gamegrid.games.grids import listing

NAMES = ("Ace", "Two", "Three", *RANKS[:-1])
"""Rank names in OpenSpiel's card order, 13 per suit."""
SUITS = ("clubs", "diamonds", "hearts", "spades")
DECK = len(NAMES) * len(SUITS)
LIMIT = 21
HIDDEN = 2
"""Index of the dealer's hidden card in a history: it follows the player's two cards."""
LABELS = ("Hit", "Stand")


class Blackjack(Game):
    """OpenSpiel's blackjack; action 0 hits and action 1 stands.

    Chance deals each card from the rest of the deck, so a deal fixes the order of the deck.
    """

    short_name = "blackjack"
    title = "Blackjack (one hand)"
    scoring = Scoring.SOLO
    themes = (Tag.CARDS,)

    def rules(self) -> str:
        return (
            f"You play one hand alone against the dealer, with one shuffled deck of 52 cards. "
            f"Number cards count their number, Jack, Queen and King count 10 each, and an Ace "
            f"counts 11, or 1 where 11 would bring the total above {LIMIT}. You are dealt two "
            f"cards, and the dealer two, one of them face down. You may Hit (take one more card) "
            f"as often as you like, and you end your turn with Stand, also at {LIMIT}. If your "
            f"total goes above {LIMIT}, you have lost at once. When you stand, the dealer turns "
            f"up the hidden card and takes cards while the dealer's total is 16 or less; with 17 "
            f"or more, whether or not an Ace counts 11 in it, the dealer stands. If the dealer's "
            f"total goes above {LIMIT}, you win; otherwise the higher total wins, and equal "
            f"totals are a draw. Your result is 1 point for a win, 0 for a draw and -1 for a "
            f"loss. There is nothing else: no extra pay for {LIMIT} with two cards, no doubling, "
            f"splitting, insurance or surrender."
        )

    def seat_name(self, seat: int) -> str:
        return "the player"

    def observation(self, state: pyspiel.State, seat: int) -> str:
        cards, visible = _shown(state)
        total, soft = _total(cards)
        ace = ", an Ace counting 11" if soft else ""
        return (
            f"You are {self.seat_name(seat)}.\n"
            f"Your cards: {listing([card_name(card) for card in cards])}. Your total: "
            f"{total}{ace}.\n"
            f"The dealer shows: {card_name(visible)}. The dealer's other card is hidden."
        )

    def label(self, state: pyspiel.State, seat: int, action: int) -> str:
        return LABELS[action]

    def resample(self, state: pyspiel.State, seat: int, luck: Callable[[], float]) -> pyspiel.State:
        # OpenSpiel lists the true hidden card last, so equal luck would reveal it.
        cards, visible = _shown(state)
        unseen = [card for card in range(DECK) if card not in (*cards, visible)]
        history = state.history()
        history[HIDDEN] = unseen[int(luck() * len(unseen))]
        return self.replay(history)


def _shown(state: pyspiel.State) -> tuple[list[int], int]:
    """Return the player's cards in the order dealt, and the dealer's visible card."""
    first, second, _, visible, *later = state.history()
    # While the player moves, every second later action is a card: Hit, card, Hit, ...
    return [first, second, *later[1::2]], visible


def _total(cards: list[int]) -> tuple[int, bool]:
    """Return the best total of the cards, and whether an ace counts 11 in it."""
    low = sum(min(card % len(NAMES) + 1, 10) for card in cards)
    soft = any(card % len(NAMES) == 0 for card in cards) and low + 10 <= LIMIT
    return (low + 10 if soft else low), soft


def card_name(card: int) -> str:
    """Return the English name of a card, given its number in OpenSpiel."""
    suit, rank = divmod(card, len(NAMES))
    return f"{NAMES[rank]} of {SUITS[suit]}"


GAME = Blackjack
