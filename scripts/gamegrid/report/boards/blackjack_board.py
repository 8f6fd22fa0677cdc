"""Draw blackjack: the player's and the dealer's cards, including the hidden one."""

import pyspiel

from gamegrid.games.blackjack import HIDDEN, LABELS, Blackjack, card_name
from gamegrid.report.boards import table
from gamegrid.report.boards.board import Board


def draw(game: Blackjack, state: pyspiel.State) -> str:
    """Draw both hands face up, the dealer's on the other side of the table."""
    return _table(game, state, whole=True)


def seen(game: Blackjack, state: pyspiel.State, seat: int) -> str:
    """Draw the dealer's second card face down until the player stands."""
    return _table(game, state, whole=state.is_terminal())


def _table(game: Blackjack, state: pyspiel.State, whole: bool) -> str:
    steps = state.full_history()
    cards = [step.action for step in steps if step.player < 0]
    said = [LABELS[step.action] for step in steps if step.player >= 0]
    hits = said.count("Hit")
    # The order of cards: two to the player, two to the dealer, one per hit, the rest to the dealer.
    own, dealers, later = cards[:2], cards[2:4], cards[4:]
    hands = [
        table.Hand("Player", [_short(card) for card in own + later[:hits]], ", ".join(said)),
        table.Hand(
            "Dealer",
            [
                _short(card) if whole or number != HIDDEN else None
                for number, card in enumerate(dealers + later[hits:], 2)
            ],
        ),
    ]
    return table.draw(f"{game.title}.", hands)


SUITS = {"clubs": "♣", "diamonds": "♦", "hearts": "♥", "spades": "♠"}
SHORT = {"Ace": "A", "Jack": "J", "Queen": "Q", "King": "K"}
NUMBERS = ("Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten")


def _short(card: int) -> str:
    rank, suit = card_name(card).split(" of ")
    number = str(2 + NUMBERS.index(rank)) if rank in NUMBERS else SHORT[rank]
    return f"{number}{SUITS[suit]}"


BOARD = Board(Blackjack, draw, seen=seen)
