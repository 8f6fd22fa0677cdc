"""Generated card games: one card and one bet per player; a seed sets deck, ranking and stakes.

OpenSpiel plays them from their extensive form, written in Gambit's EFG format.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any, ClassVar

import pyspiel

from gamegrid.games.cards import chips
from gamegrid.games.game import Game, Oracle, Scoring, Tag, apply
from gamegrid.games.generated import SEEDS, below, check, luck, sample
from gamegrid.games.grids import listing

CHECK, FOLD, CALL = "Check", "Fold", "Call"
LARGEST_BET = 5
DONE = {CHECK: "checked", FOLD: "folded", CALL: "called"}


@dataclass(frozen=True)
class Deal:
    """The elements drawn from the seed. ``ranking`` lists the cards 1, 2, ... from low to high."""

    ranking: tuple[int, ...]
    ante: int
    bets: tuple[int, ...]

    @classmethod
    def drawn(cls, seed: int) -> "Deal":
        """Draw 3 to 6 cards, an ante of 1 to 3 chips, and one or two bet sizes."""
        draw = luck(GeneratedCards.short_name, seed=seed)
        cards = 3 + below(draw, 4)
        ranking = tuple(card + 1 for card in sample(draw, cards, cards))
        ante = 1 + below(draw, 3)
        sizes = sample(draw, 1 + below(draw, 2), LARGEST_BET)
        return cls(ranking, ante, tuple(sorted(size + 1 for size in sizes)))

    @property
    def hands(self) -> list[tuple[int, int]]:
        """All pairs of cards for the two seats, in the order of the chance outcomes."""
        return list(permutations(sorted(self.ranking), 2))

    def moves(self, betting: Sequence[str]) -> list[str]:
        """Return the moves available after ``betting``; empty at the end of the game."""
        if betting and betting[-1].startswith("Bet"):
            return [FOLD, CALL]
        if FOLD in betting or CALL in betting or len(betting) == 2:
            return []
        return [CHECK, *(f"Bet {size}" for size in self.bets)]

    def won(self, hand: tuple[int, int], betting: Sequence[str]) -> int:
        """Return the chips that seat 0 wins at the end of the game; negative if it loses."""
        bet = max([int(word.split()[1]) for word in betting if word.startswith("Bet")], default=0)
        if betting[-1] == FOLD:
            return -self.ante if len(betting) % 2 else self.ante
        stake = self.ante + (bet if betting[-1] == CALL else 0)
        first, second = map(self.ranking.index, hand)
        return stake if first > second else -stake


class GeneratedCards(Game):
    """A game drawn by ``Deal.drawn``; the first action of a history deals both cards."""

    short_name = "generated_cards"
    defaults: ClassVar = {"seed": 0}
    scoring = Scoring.MARGIN
    oracle = Oracle.EQUILIBRIUM
    themes = (Tag.CARDS, Tag.BETTING, Tag.GENERATED)

    def __init__(self, name: str, load_string: str, spiel: pyspiel.Game):
        super().__init__(name, load_string, spiel)
        parsed = pyspiel.game_parameters_from_string(load_string)
        self.deal = Deal.drawn(parsed.get("seed", self.defaults["seed"]))

    @classmethod
    def open(cls, parameters: Mapping[str, Any]) -> pyspiel.Game:
        check("seed", parameters["seed"], 0, SEEDS - 1)
        return pyspiel.load_efg_game(_efg(Deal.drawn(parameters["seed"])))

    @property
    def title(self) -> str:
        return f"A game of {len(self.deal.ranking)} cards and one bet"

    def rules(self) -> str:
        deal = self.deal
        bets = " or ".join(f"Bet {size}" for size in deal.bets)
        return (
            f"The deck has {len(deal.ranking)} cards, named by numbers that do not say their "
            f"rank: from low to high they rank {' < '.join(map(str, deal.ranking))}. "
            f"Each of two players, Player 1 and Player 2, puts {chips(deal.ante)} into the pot "
            f"and is dealt one card, seen by that player only; every pair of different cards is "
            f"equally likely. Player 1 moves first. As long as nobody has bet, a player may Check "
            f"(add nothing) or {bets} (add that many chips). After a bet the other player may "
            f"Fold (give up the pot) or Call (add as many chips as were bet), and nobody can "
            f"raise. If both check, or after a call, the card that ranks higher takes the pot. A "
            f"player's result is what they take from the pot minus what they put in."
        )

    def observation(self, state: pyspiel.State, seat: int) -> str:
        betting = self._betting(state)
        card = self.deal.hands[state.history()[0]][seat]
        pot = 2 * self.deal.ante + sum(int(word.split()[1]) for word in betting if " " in word)
        done = [f"{self.seat_name(n % 2)} {_done(word)}" for n, word in enumerate(betting)]
        return (
            f"You are {self.seat_name(seat)}. Your card: {card}. Pot: {chips(pot)}.\n"
            f"So far: {listing(done)}."
        )

    def label(self, state: pyspiel.State, seat: int, action: int) -> str:
        return str(state.action_to_string(seat, action))

    def _betting(self, state: pyspiel.State) -> list[str]:
        """Return the moves made so far in words, in order."""
        before, betting = self.spiel.new_initial_state(), list[str]()
        for action in state.history():
            if not before.is_chance_node():
                betting.append(self.label(before, before.current_player(), action))
            apply(before, action)
        return betting


def _done(word: str) -> str:
    return DONE.get(word, word.lower())


def _efg(deal: Deal) -> str:
    """Write the game in EFG; a seat's information set is its card plus the moves so far."""
    lines = ['EFG 2 R "generated_cards" { "Player 1" "Player 2" } ""']
    odds = " ".join(f'"{a} {b}" 1/{len(deal.hands)}' for a, b in deal.hands)
    lines.append(f'c "" 1 "deal" {{ {odds} }} 0')
    sets: tuple[dict[str, int], dict[str, int]] = ({}, {})
    ends = 0

    def write(hand: tuple[int, int], betting: tuple[str, ...]) -> None:
        nonlocal ends
        moves = deal.moves(betting)
        if not moves:
            ends += 1
            won = deal.won(hand, betting)
            lines.append(f't "" {ends} "" {{ {won} {-won} }}')
            return
        seat = len(betting) % 2
        known = "/".join([str(hand[seat]), *betting])
        number = sets[seat].setdefault(known, len(sets[seat]) + 1)
        shown = " ".join(f'"{move}"' for move in moves)
        lines.append(f'p "" {seat + 1} {number} "{known}" {{ {shown} }} 0')
        for move in moves:
            write(hand, (*betting, move))

    for hand in deal.hands:
        write(hand, ())
    return "\n".join(lines) + "\n"


GAME = GeneratedCards
